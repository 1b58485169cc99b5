//! The fifth step: everything the request touches is allowed, or nothing happens.

use policy::{Decision, decide};

use crate::{
    authenticate::Authentic, facts, live::Live, parse::Head, record::Record, refusal::Refusal,
};

/// A request that its caller may make. Only [`authorize`] makes one, so that nothing can be signed
/// that was not decided.
#[derive(Debug)]
pub struct Permitted {
    request: Authentic,
}

/// Decides every requirement of the request by the caller's policies, and records each.
///
/// # Errors
///
/// [`Refusal::NotAllowed`] with the first requirement that no policy allows or one denies.
pub(crate) fn authorize(
    request: Authentic,
    live: &Live,
    record: &mut Record,
) -> Result<Permitted, Refusal> {
    let caller = request.caller();
    let subject = caller.subject();
    let context = facts::of_operation(request.head(), request.recognised(), live);
    let mut missing = None;
    for requirement in &request.recognised().required {
        let context = context.under(&requirement.target);
        let decision = decide(&subject, requirement, &context);
        record.decided(requirement, &decision);
        if !decision.is_allow() && missing.is_none() {
            missing = Some((requirement, why(&decision)));
        }
    }
    match missing {
        None => Ok(Permitted { request }),
        Some((requirement, why)) => Err(Refusal::NotAllowed {
            user: caller.user.clone(),
            action: requirement.action,
            resource: requirement.target.to_string(),
            why,
        }),
    }
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

    pub(crate) fn into_request(self) -> Authentic {
        self.request
    }
}
