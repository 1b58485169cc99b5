//! Probes: `/livez` and `/readyz`. Neither asks the upstream.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use proxy::Live;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

/// Answers probes for as long as the program runs.
pub(crate) async fn serve(listener: TcpListener, live: Arc<Live>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let live = Arc::clone(&live);
                tokio::spawn(async move {
                    answer(stream, live).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "probe not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, live: Arc<Live>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = probe(&request, &live);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_header_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "probe ended");
    }
}

fn probe<B>(request: &Request<B>, live: &Live) -> Response<Full<Bytes>> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let (status, text) = match request.uri().path() {
        "/livez" | "/readyz" if !is_read => (StatusCode::METHOD_NOT_ALLOWED, "read it with GET\n"),
        "/readyz" if live.drain.is_closing() => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        "/livez" | "/readyz" => (StatusCode::OK, "ok\n"),
        _ => (StatusCode::NOT_FOUND, "there are /livez and /readyz\n"),
    };
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response
}

const CONNECTIONS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 16 * 1024;
const IDLE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);
