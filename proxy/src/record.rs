//! The last step: what became of a request, told once, also when nobody waits for the answer.

use std::{net::IpAddr, sync::Arc};

use policy::{Cause, Decision, Requirement, Unrecognised};
use time::format_description::well_known::Rfc3339;

use crate::{
    attribute::Attributed,
    audit::{Decided, Entry, Objects, Outcome},
    authenticate::Authentic,
    identify::Identified,
    live::Live,
    parse::Parsed,
    peer::Peer,
    refusal::Refusal,
    verified::Progress,
};

/// The record of one request. It is written when it is dropped, so that there is one in any case.
#[derive(Debug)]
pub(crate) struct Record {
    live: Arc<Live>,
    begun: std::time::Instant,
    connected: IpAddr,
    entry: Entry,
    /// What is listed of what was required, in bytes.
    listed: usize,
    progress: Option<Arc<Progress>>,
}

impl Record {
    /// Begins the record of a request that `peer` brought.
    pub(crate) fn begin(live: Arc<Live>, request_id: String, peer: Peer) -> Self {
        let time = (live.clock.wall)().format(&Rfc3339).unwrap_or_default();
        let entry = Entry { time, request_id, ..Entry::default() };
        let begun = (live.clock.monotonic)();
        let mut record =
            Self { live, begun, connected: peer.connected(), entry, listed: 0, progress: None };
        record.came_from(peer.address());
        record
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.entry.request_id
    }

    pub(crate) fn attributed(&mut self, attributed: &Attributed) {
        self.came_from(attributed.client());
    }

    pub(crate) fn parsed(&mut self, parsed: &Parsed) {
        self.entry.bucket = parsed.bucket().map(Into::into);
        self.entry.key = parsed.key().map(Into::into);
    }

    /// It is no operation, but a browser's question whether one may be.
    pub(crate) fn preflight(&mut self) {
        self.entry.operation = Some(PREFLIGHT);
    }

    pub(crate) fn identified(&mut self, identified: &Identified) {
        self.entry.operation = Some(identified.recognised().operation.name());
    }

    pub(crate) fn authentic(&mut self, authentic: &Authentic) {
        self.entry.key = authentic.head().key().map(Into::into);
        self.entry.user = Some(authentic.caller().user.to_string());
        self.entry.access_key_id = Some(authentic.access_key_id().to_string());
        self.entry.mechanism = Some(authentic.mechanism());
        self.progress = authentic.progress();
    }

    pub(crate) fn decided(&mut self, requirement: &Requirement, decision: &Decision<'_>) {
        let by = |cause: &Cause<'_>| Some(format!("{}[{}]", cause.policy, cause.statement));
        let (outcome, by) = match decision {
            Decision::Allow { by: cause } => ("allow", by(cause)),
            Decision::Deny { by: cause } => ("deny", by(cause)),
            Decision::NoAllow => ("no_allow", None),
        };
        let decided = Decided {
            action: requirement.action.name(),
            resource: requirement.target.to_string(),
            outcome,
            by,
        };
        // What was refused is listed behind any number of what was allowed.
        let most = self.live.limits.audit_required_bytes_max;
        let most = if decision.is_allow() { most / 2 } else { most };
        let listed = self.listed.saturating_add(decided.bytes());
        if listed <= most {
            self.listed = listed;
            self.entry.required.push(decided);
        } else {
            self.entry.required_omitted = self.entry.required_omitted.saturating_add(1);
        }
    }

    /// What was decided of the objects that the body names.
    pub(crate) fn objects(&mut self, objects: Objects) {
        self.entry.objects = Some(objects);
        if objects.refused > 0 {
            self.code(ACCESS_DENIED);
        }
    }

    /// How many of the objects that went up were answered with an error.
    pub(crate) fn failed(&mut self, failed: usize) {
        if let Some(objects) = &mut self.entry.objects {
            objects.failed = Some(failed);
        }
    }

    /// Whether nothing of the request's body is left to be read.
    pub(crate) fn has_whole_body(&self) -> bool {
        self.progress.as_ref().is_some_and(|progress| progress.is_complete())
    }

    pub(crate) fn status(&mut self, status: u16) {
        self.entry.status = Some(status);
    }

    /// Why it went no further.
    pub(crate) fn refused(&mut self, refusal: &Refusal) {
        if let Refusal::Unrecognised(Unrecognised::NotImplemented { operation }) = refusal {
            // A form is one whatever its fields ask for.
            self.entry.operation.get_or_insert(operation.name());
        }
        self.code(refusal.code());
    }

    /// The S3 error code that the answer carries.
    pub(crate) fn code(&mut self, code: &str) {
        self.entry.code = Some(code.into());
    }

    fn came_from(&mut self, client: IpAddr) {
        self.entry.remote = client.to_string();
        self.entry.proxy = (client != self.connected).then(|| self.connected.to_string());
    }

    pub(crate) fn sent(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.entry.bytes_out = self.entry.bytes_out.saturating_add(bytes);
    }

    pub(crate) fn outcome(&mut self, outcome: Outcome) {
        self.entry.outcome = outcome;
    }
}

/// What the audit trail calls an `OPTIONS`.
const PREFLIGHT: &str = "Preflight";

impl Drop for Record {
    fn drop(&mut self) {
        let elapsed = (self.live.clock.monotonic)().saturating_duration_since(self.begun);
        self.entry.duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.entry.bytes_in = self.progress.as_ref().map_or(0, |progress| progress.received());
        self.live.audit.record(std::mem::take(&mut self.entry));
    }
}

/// What refused objects are answered with, behind a status of 200.
const ACCESS_DENIED: &str = "AccessDenied";
