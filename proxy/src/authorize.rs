//! The fifth step: everything the request touches is allowed, or it does not happen.

use policy::{Context, Decision, Operation, Required, decide};

use crate::{
    authenticate::Authentic,
    buckets::Listing,
    deletion::{Denied, Permission},
    facts,
    live::Live,
    parse::Head,
    read::{Named, Read, Scope},
    record::Record,
    refusal::Refusal,
};

/// A request that its caller may make. Only [`authorize`] makes one, so that nothing can be signed
/// that was not decided.
#[derive(Debug)]
pub struct Permitted {
    request: Authentic,
    grant: Grant,
}

/// How much of a request is permitted.
#[derive(Debug)]
pub(crate) enum Grant {
    /// All of it.
    Whole,
    /// These of the objects that it names, at least one, and not those.
    Objects(Permission),
    /// This of the list of buckets.
    Buckets(Listing),
}

/// What was decided of a request that may be permitted in part.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It, or some of it, may go up.
    Permitted(Box<Permitted>),
    /// Nothing of it may: what is answered for its objects.
    Nothing(Permission),
}

/// Decides every requirement of the request by the caller's policies, and records each.
///
/// A request that names objects in its body is decided object by object: what is refused of it is told there, and
/// does not go up.
///
/// # Errors
///
/// [`Refusal::NotAllowed`] with the first requirement that no policy allows or one denies;
/// [`Refusal::ContinuationToken`].
pub(crate) fn authorize(read: Read, live: &Live, record: &mut Record) -> Result<Verdict, Refusal> {
    let (request, scope) = read.into_parts();
    let context = facts::of_operation(request.head(), request.recognised(), live);
    if let Some(refusal) = missing(&request, &request.recognised().required, &context, record) {
        return Err(refusal);
    }
    match scope {
        Scope::Whole => {
            let grant = of_whole(&request, live)?;
            Ok(Verdict::Permitted(Box::new(Permitted { request, grant })))
        }
        Scope::Objects(named) => {
            let permission = of_objects(&request, named, &context, record);
            record.objects(permission.objects());
            let Some(document) = permission.document() else {
                return Ok(Verdict::Nothing(permission));
            };
            let request = request.with_document(document);
            let permitted = Permitted { request, grant: Grant::Objects(permission) };
            Ok(Verdict::Permitted(Box::new(permitted)))
        }
    }
}

/// What is permitted of a request that names all that it is decided for, once that is allowed. A list of buckets needs
/// nothing, and is filtered.
fn of_whole(request: &Authentic, live: &Live) -> Result<Grant, Refusal> {
    let recognised = request.recognised();
    if recognised.operation != Operation::ListBuckets {
        return Ok(Grant::Whole);
    }
    let parameters = recognised.parameters.clone();
    Listing::read(parameters, request.caller(), request.head(), live).map(Grant::Buckets)
}

/// What of the objects may be touched, and why not the others.
fn of_objects(
    request: &Authentic,
    named: Named,
    context: &Context<'_>,
    record: &mut Record,
) -> Permission {
    let bucket = request.head().bucket().unwrap_or_default();
    let Named { mut deletion, per_object, document } = named;
    let (mut allowed, mut denied) = (Vec::with_capacity(deletion.objects.len()), Vec::new());
    for object in deletion.objects {
        match missing(request, &per_object.required(bucket, &object), context, record) {
            None => allowed.push(object),
            Some(refusal) => denied.push(Denied { object, refusal }),
        }
    }
    deletion.objects = allowed;
    Permission { deletion, denied, _document: document }
}

/// The refusal for the first of what is required that no policy allows or one denies; each is recorded.
fn missing(
    request: &Authentic,
    required: &Required,
    context: &Context<'_>,
    record: &mut Record,
) -> Option<Refusal> {
    let caller = request.caller();
    let subject = caller.subject();
    let mut missing = None;
    for requirement in required {
        let context = context.under(&requirement.target);
        let decision = decide(&subject, requirement, &context);
        record.decided(requirement, &decision);
        if !decision.is_allow() && missing.is_none() {
            missing = Some(Refusal::NotAllowed {
                user: caller.user.clone(),
                action: requirement.action,
                resource: requirement.target.to_string(),
                why: why(&decision),
            });
        }
    }
    missing
}

/// Which of the two kinds of refusal it is; never whose policy decided.
fn why(decision: &Decision<'_>) -> &'static str {
    match decision {
        Decision::Deny { .. } => "a policy denies it",
        Decision::Allow { .. } | Decision::NoAllow => "no policy allows it",
    }
}

impl Permitted {
    pub(crate) fn head(&self) -> &Head {
        self.request.head()
    }

    pub(crate) fn into_parts(self) -> (Authentic, Grant) {
        (self.request, self.grant)
    }
}
