//! The running gateway: listeners, cores, and an end that cuts nobody off.

mod acceptor;
mod ops;
mod signals;
mod worker;

use std::{
    fs::OpenOptions,
    io::{self, Write},
    net::{SocketAddr, TcpListener},
    os::unix::fs::OpenOptionsExt,
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use proxy::{Audit, Live};
use store::{Callers, Redb, Store, StoreError};
use thiserror::Error;
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::{
    clock,
    config::{AuditOutput, Config},
    serve::{acceptor::Acceptor, signals::Signals, worker::Worker},
};

/// Why the gateway did not start, or did not end well.
#[derive(Debug, Error)]
pub(crate) enum ServeError {
    /// A listener's address is taken or not ours.
    #[error("cannot listen on {address}: {error}")]
    Listen { address: SocketAddr, error: io::Error },
    /// The audit file cannot be opened.
    #[error("cannot write the audit trail to {path}: {error}")]
    Audit { path: String, error: io::Error },
    /// The identities cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The upstream's credential cannot be signed with.
    #[error("upstream.credentials: {0}")]
    Credential(#[from] sigv::CredentialError),
    /// A thread, a runtime or a signal could not be had.
    #[error("the system refused a thread or a signal: {0}")]
    System(#[from] io::Error),
    /// What ran did not end in time.
    #[error("drain.timeout_s is over, and {left} cores still have connections: they are cut")]
    Drain { left: usize },
    /// It was told to end at once.
    #[error("a second signal: what still ran is cut")]
    Interrupted,
}

/// Where a running gateway can be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    /// The S3 listener.
    pub(crate) s3: SocketAddr,
    /// Probes.
    pub(crate) ops: SocketAddr,
}

/// Runs the gateway until a signal ends it; `ready` is called once every listener is up.
///
/// # Errors
///
/// [`ServeError`], before it is up or when its connections do not end in time.
pub(crate) fn serve(config: Config, ready: impl FnOnce(Addresses)) -> Result<(), ServeError> {
    let control = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = control.block_on(run(config, ready));
    // Whoever still reads a file may do so for good: a certificate on storage that hangs.
    control.shutdown_background();
    ended
}

async fn run(config: Config, ready: impl FnOnce(Addresses)) -> Result<(), ServeError> {
    let mut signals = Signals::listen()?;
    let s3 = listen(config.listen.s3)?;
    let ops = listen(config.listen.ops)?;
    let addresses = Addresses { s3: s3.local_addr()?, ops: ops.local_addr()? };

    let space = Arc::new(Redb::open(&config.store.path).await?);
    let store = Store::open(space, &config.auth.secret, clock::now()).await?;
    let callers = Callers::new(Arc::new(store), config.limits.callers_max);
    let (audit, audit_writer) = start_audit(&config)?;
    let connections_max = config.limits.connections_max;
    let drain = config.drain.clone();
    let listener = config.tls.as_ref().map(|tls| &tls.files);
    for files in listener.into_iter().chain(&config.upstream.files) {
        tokio::spawn(files.clone().keep());
    }
    let live = Arc::new(live(config, callers, audit)?);

    let (done, mut finished) = mpsc::channel(WORKERS_MAX);
    let workers = start_workers(&live, &done)?;
    drop(done);
    let cores = workers.len();
    let acceptor = Acceptor::start(s3, workers, connections_max)?;
    tokio::spawn(ops::serve(tokio::net::TcpListener::from_std(ops)?, Arc::clone(&live)));

    tracing::info!(listener = %"s3", address = %addresses.s3, "listening");
    tracing::info!(listener = %"ops", address = %addresses.ops, "listening");
    tracing::info!(cores, "ready");
    ready(addresses);

    signals.next().await;
    tracing::info!(delay_s = drain.delay.as_secs(), "draining; a second signal ends at once");
    let ended = tokio::select! {
        ended = end(&live, acceptor, &mut finished, cores, &drain) => ended,
        () = signals.next() => Err(ServeError::Interrupted),
    };
    if ended.is_err() {
        // What is cut is recorded as well.
        live.drain.cut();
        let _cut = wait_for(&mut finished, cores, LAST_WAIT).await;
    }
    tokio::select! {
        () = end_audit(&live, audit_writer, if ended.is_ok() { AUDIT_WAIT } else { LAST_WAIT }) => {}
        () = signals.next() => tracing::warn!("the audit trail is left behind"),
    }
    if ended.is_ok() {
        tracing::info!("ended");
    }
    ended
}

/// Ends in an order that loses nothing: no more readiness, then no more connections, then no more
/// requests.
async fn end(
    live: &Live,
    acceptor: Acceptor,
    finished: &mut mpsc::Receiver<()>,
    cores: usize,
    drain: &crate::config::Drain,
) -> Result<(), ServeError> {
    live.drain.close();
    tokio::time::sleep(drain.delay).await;
    acceptor.stop().await;
    live.drain.stop();
    wait_for(finished, cores, drain.timeout).await
}

async fn wait_for(
    finished: &mut mpsc::Receiver<()>,
    cores: usize,
    limit: Duration,
) -> Result<(), ServeError> {
    let mut left = cores;
    let all = async {
        while left > 0 && finished.recv().await.is_some() {
            left = left.saturating_sub(1);
        }
    };
    match timeout(limit, all).await {
        Ok(()) => Ok(()),
        Err(_) => Err(ServeError::Drain { left }),
    }
}

fn listen(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    bound.map_err(|error| ServeError::Listen { address, error })
}

fn start_audit(config: &Config) -> Result<(Audit, JoinHandle<()>), ServeError> {
    let output: Box<dyn Write + Send> = match &config.audit.output {
        AuditOutput::Stdout => Box::new(io::stdout()),
        AuditOutput::File(path) => {
            let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
            let path = path.display().to_string();
            Box::new(opened.map_err(|error| ServeError::Audit { path, error })?)
        }
    };
    Ok(Audit::start(output, config.limits.audit_records_max, config.limits.audit_queue_bytes_max)?)
}

fn live(config: Config, callers: Callers, audit: Audit) -> Result<Live, ServeError> {
    let upstream = config.upstream;
    let credentials = upstream.credentials;
    let signer =
        sigv::Signer::new(&credentials.access_key_id, credentials.secret, &upstream.region)?;
    let is_open = config.tls.is_none() && !config.listen.is_loopback();
    let unsigned_bytes_max =
        if is_open { config.limits.plain_unsigned_bytes_max } else { u64::MAX };
    Ok(Live {
        callers,
        tls: config.tls.map(|tls| tls.server),
        domains: config.domains,
        cors: config.cors,
        trusted_proxies: proxy::TrustedProxies::new(config.trusted_proxies),
        endpoint: upstream.endpoint,
        virtual_hosts: proxy::VirtualHosts::default(),
        signer,
        upstream_region: upstream.region,
        body: upstream.body,
        held: proxy::Held::new(config.limits.held_bytes_max),
        undecided: proxy::Held::new(config.limits.undecided_bytes_max),
        regions: config.auth.regions,
        takes_version_2: config.auth.sigv2,
        unsigned_bytes_max,
        max_skew: MAX_SKEW,
        limits: config.limits.data_plane,
        audit,
        clock: clock::CLOCK,
        drain: proxy::Drain::default(),
        ids: proxy::RequestIds::new(seed()),
    })
}

/// Tells the request ids of this run from those of others.
fn seed() -> u64 {
    u64::try_from(clock::now().unix_timestamp_nanos()).unwrap_or_default()
}

fn start_workers(live: &Arc<Live>, done: &mpsc::Sender<()>) -> io::Result<Vec<Worker>> {
    let cores = std::thread::available_parallelism()?.get().min(WORKERS_MAX);
    (0..cores).map(|core| Worker::start(core, Arc::clone(live), done.clone())).collect()
}

/// Waits until what was recorded is written, or the output has been stuck for too long.
async fn end_audit(live: &Arc<Live>, writer: JoinHandle<()>, limit: Duration) {
    let (say, written) = oneshot::channel();
    let audit = live.audit.clone();
    // A thread that the process does not wait for: the output may never take another byte.
    std::thread::spawn(move || {
        audit.close();
        let _heard = say.send(writer.join());
    });
    match timeout(limit, written).await {
        Ok(Ok(Ok(()))) => {}
        Ok(_) => tracing::error!("the audit writer had failed"),
        Err(_) => tracing::error!("the audit trail takes nothing more: its last records are lost"),
    }
}

/// How long what was cut may take to be recorded.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// How long the audit trail may take to be written to its end.
const AUDIT_WAIT: Duration = Duration::from_secs(10);

/// How far a client's clock may be off. Source: Amazon S3, `RequestTimeTooSkewed`.
const MAX_SKEW: time::Duration = time::Duration::minutes(15);

/// More cores than this are not used.
const WORKERS_MAX: usize = 256;
