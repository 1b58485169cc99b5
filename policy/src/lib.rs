//! Policy documents, ARNs, decisions, and the tables of S3 operations.
//!
//! A decision is a function of who asks, what they ask for and what their documents say. It cannot
//! fail: a document is judged when it is compiled, and what is wrong with it is told with its
//! place. What no statement allows is refused, and a statement that denies wins over all that
//! allow.
//!
//! There is no I/O and no clock here, and no rule about who holds which policy: the caller brings
//! all of that along.
//!
//! ```
//! use std::sync::Arc;
//!
//! use policy::{Action, Context, Decision, Document, Policy, Requirement, Resource, Subject, Target, decide};
//!
//! let document: Document = serde_json::from_str(
//!     r#"{"statement": [
//!         {"effect": "allow", "action": ["fs:ListObjects", "fs:ReadObject"],
//!          "resource": "arn:lakefs:fs:::repository/lake/object/home/${user}/*"}]}"#,
//! )?;
//! let policies = [Arc::new(Policy::compile("Home", &document).expect("it has no fault"))];
//! let alice = Subject { user: "alice", policies: &policies };
//! let decision = |action, target: Target| decide(&alice, &Requirement::new(action, target), &Context::default());
//!
//! assert!(decision(Action::READ_OBJECT, Resource::object("lake", "home/alice/a").into()).is_allow());
//! assert!(decision(Action::LIST_OBJECTS, Target::listing("lake", "home/alice/")).is_allow());
//! assert_eq!(decision(Action::READ_OBJECT, Resource::object("lake", "home/bob/a").into()), Decision::NoAllow);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod action;
mod action_set;
mod area;
mod byte_range;
mod cases;
mod claims;
mod compare;
mod compile;
mod condition;
mod copy_source;
mod cursor;
mod decide;
mod deletion;
mod diff;
mod document;
mod escalation;
mod excess;
mod explain;
mod fault;
mod fields;
mod find;
mod glob;
mod headers;
mod heads;
mod host;
mod index;
mod likeness;
mod lint;
mod listing;
mod nearest;
mod network;
mod operation;
mod operations;
mod overlap;
mod parameters;
mod pattern;
mod powers;
mod proposition;
mod question;
mod reading;
mod recognise;
mod region;
mod request_documents;
mod requirement;
mod resource;
mod scalar;
mod search;
mod spelling;
mod takers;
mod text;
#[cfg(test)]
mod texts;
mod touch;
mod unrecognised;
mod witness;
mod xml;

pub mod name;
pub mod presets;

pub use crate::{
    action::{ACTIONS, Action, SERVICES},
    byte_range::ByteRange,
    cases::PROPOSITIONS_MAX,
    compile::{ENTRIES_MAX, ENTRY_BYTES_MAX, Policy, STATEMENTS_MAX},
    condition::{Context, FactError, Facts},
    copy_source::{CopySource, CopySourceFault},
    decide::{Cause, Decision, Subject, decide},
    deletion::{Deletion, ObjectIdentifier},
    diff::{Change, Difference, Right, When, diff},
    document::{Conditions, Document, Draft, Effect, Statement},
    escalation::{Escalation, escalations},
    explain::{Explanation, Mismatch, Miss, explain},
    fault::Fault,
    fields::{FIELDS, FieldHandling, FieldRow, recognise_form},
    headers::{HEADERS, HeaderHandling, HeaderRow},
    host::{Domain, Domains, Host, HostFault, can_stand_before, is_address},
    lint::{Lint, Rest, Warning, lint},
    listing::{shows_all_buckets, shows_bucket},
    network::{MalformedNetwork, Network},
    operation::{Handling, Level, Mark, Need, Row},
    operations::{OPERATIONS, Operation},
    parameters::{PARAMETERS, ParameterHandling, ParameterRow, Value},
    proposition::{Assumption, Proposition},
    question::Question,
    recognise::{PerObject, Recognised, Shape, recognise},
    region::Region,
    request_documents::{check_restore_request, read_bucket_configuration},
    requirement::{Required, Requirement, Target},
    resource::Resource,
    scalar::Scalar,
    search::TooEntangled,
    spelling::{KEY_BYTES_MAX, decode, is_bucket_name},
    takers::{DOCUMENTS, Takers},
    unrecognised::Unrecognised,
    witness::Witness,
    xml::{NAMESPACE, XmlFault, xml_text},
};
