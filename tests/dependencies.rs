//! The table of dependencies: who may name whom, and which crates do no I/O.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

#[test]
fn crates_depend_one_way() {
    let metadata = metadata();
    let ours: BTreeMap<&PackageId, &str> = metadata
        .workspace_packages()
        .iter()
        .map(|package| (&package.id, package.name.as_str()))
        .collect();
    for (id, name) in &ours {
        let Some((_, allowed)) = ALLOWED.iter().find(|(allowed, _)| allowed == name) else {
            assert_eq!(*name, "lakegate", "the table has no row for {name}");
            continue;
        };
        for dependency in normal_dependencies(&metadata, id) {
            if let Some(dependency) = ours.get(&dependency) {
                assert!(allowed.contains(dependency), "{name} may not depend on {dependency}");
            }
        }
    }
    for (name, _) in ALLOWED {
        assert!(ours.values().any(|ours| ours == name), "{name} is no crate of ours");
    }
}

#[test]
fn pure_crates_have_no_io_crate_under_them() {
    let metadata = metadata();
    for name in ["policy", "sigv"] {
        let package =
            metadata.workspace_packages().into_iter().find(|package| package.name == name).unwrap();
        let mut reached = BTreeSet::from([package.id.clone()]);
        let mut waiting = vec![package.id.clone()];
        while let Some(id) = waiting.pop() {
            for dependency in normal_dependencies(&metadata, &id) {
                if reached.insert(dependency.clone()) {
                    waiting.push(dependency);
                }
            }
        }
        let names: BTreeSet<&str> = reached.iter().map(|id| metadata[id].name.as_str()).collect();
        let io: Vec<&&str> = names.iter().filter(|name| IO.contains(name)).collect();
        assert!(io.is_empty(), "{name} reaches {io:?}");
    }
}

fn metadata() -> Metadata {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    // Only what is built here: the crates of other systems need not even be downloaded.
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let options = ["--locked", "--filter-platform", host].map(ToOwned::to_owned);
    MetadataCommand::new().manifest_path(manifest).other_options(options).exec().unwrap()
}

fn normal_dependencies(metadata: &Metadata, id: &PackageId) -> Vec<PackageId> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let node = resolve.nodes.iter().find(|node| node.id == *id).unwrap();
    let normal = node.deps.iter().filter(|dependency| {
        dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
    });
    normal.map(|dependency| dependency.pkg.clone()).collect()
}

/// Each crate of ours but the program, and those of ours that it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("policy", &[]),
    ("proxy", &["policy", "sigv", "store"]),
    ("sigv", &[]),
    ("store", &["policy", "sigv"]),
];

/// Crates that open files or sockets, start threads or tell the time for others.
const IO: &[&str] = &[
    "async-io",
    "axum",
    "crossbeam-channel",
    "h2",
    "hyper",
    "hyper-util",
    "memmap2",
    "mio",
    "moka",
    "native-tls",
    "openssl",
    "parking_lot",
    "polling",
    "redb",
    "reqwest",
    "rustix",
    "rustls",
    "rustls-native-certs",
    "s3s",
    "s3s-fs",
    "smol",
    "socket2",
    "tokio",
    "tokio-rustls",
    "tower",
    "tracing-subscriber",
];
