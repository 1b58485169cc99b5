//! A second store, for keys that are no file names: moto, which checks the signature of every request with botocore.

use std::net::Ipv4Addr;

use super::{
    Key, Upstream,
    clients::{Client, script},
    process::Process,
};

/// A running moto with nothing in it.
#[derive(Debug)]
pub(crate) struct Moto {
    pub(crate) upstream: Upstream,
    _process: Process,
}

impl Moto {
    pub(crate) fn start() -> Self {
        let process = Process::start("moto", Client::new().command().arg(script("moto_store")));
        let upstream = process.stdout.find("`ready PORT ID SECRET`", |line| {
            let mut words = line.strip_prefix("ready ")?.split(' ');
            let port: u16 = words.next()?.parse().ok()?;
            let key = Key::new(words.next()?, words.next()?);
            Some(Upstream { address: (Ipv4Addr::LOCALHOST, port).into(), key, authority: None })
        });
        Self { upstream, _process: process }
    }
}
