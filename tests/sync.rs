//! What people sync with, as somebody who may work below one prefix and nowhere else: it does all of its work there, and
//! is refused whatever is another's.

use std::path::Path;

use serde_json::Value;

use crate::harness::{
    REGION,
    clients::{python, tool},
    site::alice,
    world::Stored,
};

#[test]
fn aws_cli_syncs_below_its_prefix_alone_over_tls() {
    aws(&Stored::over_tls());
}

#[test]
fn aws_cli_syncs_below_its_prefix_alone_plain() {
    aws(&Stored::new());
}

#[test]
fn rclone_syncs_below_its_prefix_alone_over_tls() {
    rclone(&Stored::over_tls());
}

#[test]
fn rclone_syncs_below_its_prefix_alone_plain() {
    rclone(&Stored::new());
}

#[test]
fn mc_mirrors_below_its_prefix_alone_over_tls() {
    mc(&Stored::over_tls());
}

#[test]
fn mc_mirrors_below_its_prefix_alone_plain() {
    mc(&Stored::new());
}

#[test]
fn s3cmd_syncs_below_its_prefix_alone_over_tls() {
    s3cmd(&Stored::over_tls());
}

#[test]
fn s3cmd_syncs_below_its_prefix_alone_plain() {
    s3cmd(&Stored::new());
}

fn aws(world: &Stored) {
    syncs(world, "aws", &python().with_file_name("aws"));
}

fn rclone(world: &Stored) {
    syncs(world, "rclone", &tool("rclone/rclone"));
}

fn mc(world: &Stored) {
    syncs(world, "mc", &tool("bin/mc"));
}

fn s3cmd(world: &Stored) {
    syncs(world, "s3cmd", &python().with_file_name("s3cmd"));
}

fn syncs(world: &Stored, name: &str, program: &Path) {
    world.store.lay("lake", "team-b/kept", b"kept");
    let folder = world.store.file("lake", "");
    let args = ["lake", folder.to_str().unwrap(), name, program.to_str().unwrap()];
    world.gateway.client(&alice()).set("AWS_REGION", REGION).script("sync_tool", &args);
    assert_eq!(world.store.bytes("lake", "team-b/kept"), b"kept");
    let audit = world.gateway.audit();
    let copied =
        |record: &Value| record["operation"] == "CopyObject" && record["outcome"] == "completed";
    assert!(audit.iter().any(copied), "nothing is copied within the store");
    let unknown = audit.iter().find(|record| record["code"] == "NotImplemented");
    assert_eq!(unknown, None, "it asks for what is not built");
}
