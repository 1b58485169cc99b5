//! Clients of every kind, over TLS and plain, before a store that verifies what it gets: bodies of every size come back as
//! they were sent, whatever the payload mode that the client chooses.
//!
//! What is sent, and in which mode, stands at the head of each script in `tests/clients`.

use std::{path::Path, process::Command};

use crate::harness::{
    REGION,
    clients::{Client, python, source, tool},
    site::admin,
    world::Stored,
};

#[test]
fn boto3_carries_every_size_and_checksum_over_tls() {
    boto3(&Stored::over_tls());
}

#[test]
fn boto3_carries_every_size_and_checksum_plain() {
    boto3(&Stored::new());
}

#[test]
fn aws_cli_v1_carries_every_size_over_tls() {
    aws_cli_v1(&Stored::over_tls());
}

#[test]
fn aws_cli_v1_carries_every_size_plain() {
    aws_cli_v1(&Stored::new());
}

#[test]
fn aws_cli_v2_carries_every_size_over_tls() {
    aws_cli_v2(Stored::over_tls);
}

#[test]
fn aws_cli_v2_carries_every_size_plain() {
    aws_cli_v2(Stored::new);
}

#[test]
fn s5cmd_carries_every_size_over_tls() {
    s5cmd(&Stored::over_tls());
}

#[test]
fn s5cmd_carries_every_size_plain() {
    s5cmd(&Stored::new());
}

#[test]
fn boto3_of_version_2_carries_every_size_and_presigns_over_tls() {
    boto3_v2(&Stored::over_tls());
}

#[test]
fn boto3_of_version_2_carries_every_size_and_presigns_plain() {
    boto3_v2(&Stored::new());
}

#[test]
fn s3cmd_carries_every_size_over_tls() {
    s3cmd(&Stored::over_tls(), "v4");
}

#[test]
fn s3cmd_carries_every_size_plain() {
    s3cmd(&Stored::new(), "v4");
}

#[test]
fn s3cmd_of_version_2_carries_every_size_over_tls() {
    s3cmd(&Stored::over_tls(), "v2");
}

#[test]
fn s3cmd_of_version_2_carries_every_size_plain() {
    s3cmd(&Stored::new(), "v2");
}

#[test]
fn rclone_carries_every_size_over_tls() {
    rclone(&Stored::over_tls(), "v4");
}

#[test]
fn rclone_carries_every_size_plain() {
    rclone(&Stored::new(), "v4");
}

#[test]
fn rclone_of_version_2_carries_every_size_over_tls() {
    rclone(&Stored::over_tls(), "v2");
}

#[test]
fn rclone_of_version_2_carries_every_size_plain() {
    rclone(&Stored::new(), "v2");
}

#[test]
fn mc_carries_every_size_and_checksum_over_tls() {
    mc(&Stored::over_tls());
}

#[test]
fn mc_carries_every_size_and_checksum_plain() {
    mc(&Stored::new());
}

#[test]
fn curl_carries_every_size_over_tls() {
    curl(&Stored::over_tls());
}

#[test]
fn curl_carries_every_size_plain() {
    curl(&Stored::new());
}

#[test]
fn forms_of_boto3_and_mc_are_carried_over_tls() {
    forms(&Stored::over_tls());
}

#[test]
fn forms_of_boto3_and_mc_are_carried_plain() {
    forms(&Stored::new());
}

#[test]
fn javascript_sdk_carries_every_size_and_checksum_over_tls() {
    javascript(&Stored::over_tls());
}

#[test]
fn javascript_sdk_carries_every_size_and_checksum_plain() {
    javascript(&Stored::new());
}

#[test]
fn java_sdk_carries_every_size_and_checksum_over_tls() {
    java(&Stored::over_tls());
}

#[test]
fn java_sdk_carries_every_size_and_checksum_plain() {
    java(&Stored::new());
}

#[test]
fn go_sdk_carries_every_size_and_checksum_over_tls() {
    go(&Stored::over_tls());
}

#[test]
fn go_sdk_carries_every_size_and_checksum_plain() {
    go(&Stored::new());
}

fn boto3(world: &Stored) {
    client(world).script("carry_boto3", &["lake"]);
}

fn aws_cli_v1(world: &Stored) {
    let python = python();
    let aws = python.with_file_name("aws");
    client(world).script("carry_aws", &["lake", text(&python), text(&aws)]);
}

/// Nothing where there is no AWS CLI v2; `tests/all` says so.
fn aws_cli_v2(world: impl FnOnce() -> Stored) {
    let version = Command::new(AWS_CLI_V2).arg("--version").output();
    if !version.is_ok_and(|version| version.stdout.starts_with(b"aws-cli/2.")) {
        return;
    }
    client(&world()).script("carry_aws", &["lake", AWS_CLI_V2]);
}

fn s5cmd(world: &Stored) {
    client(world).script("carry_s5cmd", &["lake", text(&python().with_file_name("s5cmd"))]);
}

fn boto3_v2(world: &Stored) {
    client(world).script("carry_boto3_v2", &["lake"]);
}

fn s3cmd(world: &Stored, version: &str) {
    let s3cmd = python().with_file_name("s3cmd");
    client(world).script("carry_s3cmd", &["lake", text(&s3cmd), version]);
}

fn rclone(world: &Stored, version: &str) {
    client(world).script("carry_rclone", &["lake", text(&tool("rclone/rclone")), version]);
}

fn mc(world: &Stored) {
    client(world).script("carry_mc", &["lake", text(&tool("bin/mc"))]);
}

fn curl(world: &Stored) {
    client(world).script("carry_curl", &["lake"]);
}

fn forms(world: &Stored) {
    client(world).script("post_forms", &["lake", text(&tool("bin/mc"))]);
}

fn javascript(world: &Stored) {
    let mut client = client(world).set("NODE_PATH", tool("js/node_modules"));
    if let Some(trust) = &world.gateway.trust {
        client = client.set("NODE_EXTRA_CA_CERTS", &trust.file);
    }
    client.run(&tool("bin/node"), &[text(&source("js/carry.cjs")), "lake"]);
}

fn java(world: &Stored) {
    let (libraries, program) = (tool("java/lib/*"), source("java/Carry.java"));
    let args = ["-Xmx1g", "-cp", text(&libraries), text(&program), "lake"];
    client(world).run(&tool("bin/java"), &args);
}

fn go(world: &Stored) {
    client(world).run(&tool("go/carry"), &["lake"]);
}

fn client(world: &Stored) -> Client {
    // The SDKs that are not Python's know the region by this name only.
    let client = world.gateway.client(&admin()).set("AWS_REGION", REGION);
    client.set("CURL", tool("bin/curl"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Where Debian installs it: version 1 may come first on the search path.
const AWS_CLI_V2: &str = "/usr/bin/aws";
