//! Whether the upstream reads a bucket from `Host`, which `upstream.addressing: virtual` needs.
//!
//! A store that does not takes the path for bucket and key: the key `victim/x` in the bucket `lake` would be `x` in the
//! bucket `victim`. So nothing that names a bucket in `Host` goes up before the upstream has shown that it knows of one
//! there.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use policy::Operation;
use sigv::Payload;
use tokio::sync::OnceCell;

use crate::{
    answer::Download,
    endpoint::Addressing,
    live::Live,
    parse::Head,
    sign::{Target, sign_upwards},
    upload::Upload,
    upstream::{SendFault, Upstream, UpstreamFault},
    xml,
};

/// What the upstream has shown.
#[derive(Debug, Default)]
pub struct VirtualHosts(OnceCell<()>);

impl VirtualHosts {
    /// Checks that the bucket of `head`, if it goes up in `Host`, is read from there. The upstream is asked until it has
    /// shown it once.
    ///
    /// # Errors
    ///
    /// [`UpstreamFault::Addressing`] when it does not, or what kept it from answering.
    pub(crate) async fn check(
        &self,
        head: &Head,
        live: &Live,
        upstream: &Arc<Upstream>,
    ) -> Result<(), UpstreamFault> {
        if live.endpoint.addressing == Addressing::Path || head.bucket().is_none() {
            return Ok(());
        }
        self.0.get_or_try_init(|| ask(live, upstream)).await.copied()
    }
}

/// Asks for a bucket that is not there, by a name that nobody gives one: who reads it says so. Of who does not, it asks
/// for the list of all buckets, which is never answered with [`NO_BUCKET`].
async fn ask(live: &Live, upstream: &Arc<Upstream>) -> Result<(), UpstreamFault> {
    let broken = || UpstreamFault::Answer { operation: Operation::ListObjects.name() };
    let bucket = format!("{PROBE}{}", live.ids.next().to_ascii_lowercase());
    let host = live.endpoint.host_of(Some(&bucket)).ok_or_else(broken)?;
    let mut request = Request::new(Upload::Document(Bytes::new()));
    let mut headers = HeaderMap::new();
    let target = Target { method: &Method::GET, host: &host, path: "/", query: "" };
    sign_upwards(target, &mut headers, Payload::empty(), live).ok_or_else(broken)?;
    *request.headers_mut() = headers;
    let sent = upstream.send(request, live.limits.upstream_answer).await;
    let (response, lease) = sent.map_err(|fault| match fault {
        SendFault::Upstream(fault) => fault,
        SendFault::Upload(_) => broken(),
    })?;
    let status = response.status();
    let download = Download::new(response.into_body(), lease, live.limits.body_idle);
    let document = download.collect(live.limits.answer_bytes_max).await.map_err(|_| broken())?;
    let code = document.as_deref().and_then(xml::read_error).map(|(code, _)| code);
    match (status, code) {
        (StatusCode::NOT_FOUND, Some(code)) if code == NO_BUCKET => Ok(()),
        (_, Some(code)) if UpstreamFault::refuses_us(&code) => {
            Err(UpstreamFault::Credential { code })
        }
        (_, code) => Err(UpstreamFault::Addressing { status: status.as_u16(), code }),
    }
}

/// What the name begins with that is asked for.
const PROBE: &str = "lakegate-probe-";

const NO_BUCKET: &str = "NoSuchBucket";
