//! The life of one S3 request, from top to bottom.
//!
//! Each step takes the last one's result and gives the next one's; no step can be left out, since
//! nobody else can make what the next one needs.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;

use crate::{
    answer::{Answer, Content},
    attribute::attribute,
    audit::Outcome,
    authenticate::authenticate,
    authorize::{Verdict, authorize},
    connection::Turn,
    identify::identify,
    live::Live,
    parse::{parse, resource_as_sent},
    peer::Peer,
    read::read,
    record::Record,
    refusal::Refusal,
    relay::relay,
    sign::sign,
    upstream::{SendFault, Upstream},
};

/// The data plane of one core: what all cores share, and this core's connections to the upstream.
#[derive(Debug)]
pub struct Gateway {
    live: Arc<Live>,
    upstream: Arc<Upstream>,
}

impl Gateway {
    /// A gateway for one core.
    pub fn new(live: Arc<Live>) -> Self {
        let upstream = Arc::new(Upstream::new(live.endpoint.clone(), &live.limits));
        Self { live, upstream }
    }

    /// Closes the connections to the upstream that have been idle for too long; to be called about
    /// once a second.
    pub fn sweep(&self) {
        self.upstream.sweep();
    }

    pub(crate) fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Answers one request, whatever becomes of it, and records it.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        turn: Arc<Turn>,
    ) -> Response<Answer> {
        let mut record = Record::begin(Arc::clone(&self.live), self.live.ids.next(), peer);
        let (uri, host) = (request.uri().clone(), request.headers().get(header::HOST).cloned());
        let framing = Framing::of(&request);
        let sharing = self.live.cors.sharing(request.method(), request.headers());
        let (mut response, outcome) = match self.carry(request, peer, &mut record).await {
            Ok(answered) => answered,
            Err(refusal) => {
                record.refused(&refusal);
                let now = (self.live.clock.wall)();
                let resource = resource_as_sent(uri.path(), host.as_ref(), &self.live.domains);
                let response = refusal.answer(&resource, record.request_id(), now);
                (response.map(Content::Document), refusal.outcome())
            }
        };
        sharing.put(response.headers_mut());
        self.hand_over(response, outcome, record, turn, framing)
    }

    /// The line. What a step refuses goes no further.
    async fn carry(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        record: &mut Record,
    ) -> Result<(Response<Content>, Outcome), Refusal> {
        let live = &self.live;
        let now = (live.clock.wall)();

        let attributed = attribute(request, peer, &live.trusted_proxies)?;
        record.attributed(&attributed);

        let parsed = parse(attributed, &live.limits, &live.domains)?;
        record.parsed(&parsed);

        if parsed.method() == Method::OPTIONS {
            record.preflight();
            let granted = live.cors.preflight(parsed.headers(), live.limits.header_count_max)?;
            let mut response = Response::new(Content::Document(Bytes::new()));
            *response.headers_mut() = granted;
            return Ok((response, Outcome::Completed));
        }

        let identified = identify(parsed, live)?;
        record.identified(&identified);

        let authentic = authenticate(identified, live, now).await?;
        record.authentic(&authentic);

        let read = read(authentic, live).await?;

        let permitted = match authorize(read, live, record)? {
            Verdict::Permitted(permitted) => permitted,
            Verdict::Nothing(permission) => {
                return Ok((permission.refuse_all(), Outcome::Refused));
            }
        };

        live.virtual_hosts.check(permitted.head(), live, &self.upstream).await?;

        let signed = sign(*permitted, live).await?;

        let (request, asked, patience) = signed.into_parts(live);
        let sent = self.upstream.send(request, patience).await;
        let (response, lease) = sent.map_err(|fault| match fault {
            SendFault::Upload(fault) => Refusal::from(fault),
            SendFault::Upstream(fault) => Refusal::Upstream(fault),
        })?;

        relay(response, lease, &asked, live, &self.upstream, record).await
    }

    /// The answer as it leaves: with the request's id, and as the last of its connection where the
    /// request was not read to its end or we are going away.
    fn hand_over(
        &self,
        response: Response<Content>,
        outcome: Outcome,
        mut record: Record,
        turn: Arc<Turn>,
        framing: Framing,
    ) -> Response<Answer> {
        let (mut head, content) = response.into_parts();
        record.status(head.status.as_u16());
        if let Ok(id) = HeaderValue::from_str(record.request_id()) {
            head.headers.insert("x-amz-request-id", id);
        }
        let is_half_read = framing.has_body && !record.has_whole_body();
        if is_half_read {
            turn.leave_half_read();
        }
        let is_last = is_half_read || framing.expects_nothing || self.live.drain.is_closing();
        if is_last {
            head.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Response::from_parts(head, Answer::new(content, record, outcome, turn, framing.is_head))
    }
}

/// What a request's head says about the two bodies.
#[derive(Debug, Clone, Copy)]
struct Framing {
    /// Bytes follow the head.
    has_body: bool,
    /// The client waits for leave to send a body that has no bytes. No `100 Continue` is sent for
    /// it, and botocore cannot read a second answer on a connection where it missed the first 100.
    expects_nothing: bool,
    /// The answer has no body, whatever its head says.
    is_head: bool,
}

impl Framing {
    fn of<B>(request: &Request<B>) -> Self {
        let headers = request.headers();
        let has_body = headers.contains_key(header::TRANSFER_ENCODING)
            || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
        let expects_nothing = !has_body && headers.contains_key(header::EXPECT);
        Self { has_body, expects_nothing, is_head: request.method() == Method::HEAD }
    }
}
