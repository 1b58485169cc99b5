//! Whether the upstream reads a bucket from `Host`, which `upstream.addressing: virtual` needs.
//!
//! A store that does not takes the path for bucket and key: the key `victim/x` in the bucket `lake` would be `x` in the
//! bucket `victim`. So nothing that names a bucket in `Host` goes up before the upstream has shown that it knows of one
//! there.

use std::sync::Arc;

use http::StatusCode;
use policy::Operation;
use tokio::sync::OnceCell;

use crate::{
    endpoint::Addressing,
    live::Live,
    own_request::{self, OwnRequest},
    parse::Head,
    upstream::{Upstream, UpstreamFault},
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
    let bucket = format!("{PROBE}{}", live.ids.next().to_ascii_lowercase());
    let request = OwnRequest {
        operation: Operation::ListObjects,
        bucket: Some(bucket),
        query: String::new(),
    };
    let answer = own_request::ask(request, live.limits.answer_bytes_max, live, upstream).await?;
    match (answer.status, answer.code) {
        (StatusCode::NOT_FOUND, Some(code)) if code == NO_BUCKET => Ok(()),
        (status, code) => Err(UpstreamFault::Addressing { status: status.as_u16(), code }),
    }
}

/// What the name begins with that is asked for.
const PROBE: &str = "lakegate-probe-";

const NO_BUCKET: &str = "NoSuchBucket";
