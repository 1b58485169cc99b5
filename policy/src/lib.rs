//! Policy documents, ARNs, decisions, and the tables of S3 operations.

mod action;
mod requirement;
mod resource;

pub use crate::{
    action::{ACTIONS, Action, SERVICES},
    requirement::{Required, Requirement, Target},
    resource::Resource,
};
