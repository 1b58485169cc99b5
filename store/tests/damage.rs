//! Damaged files: refused, or read in full; never a store with less in it.

use std::sync::Arc;

use store::{Redb, Store, StoreError};

use crate::world::{NOW, World, groups, text};

/// Opens a store on `bytes` and reads all of it.
async fn read(bytes: &[u8]) -> Result<usize, StoreError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lakegate.redb");
    std::fs::write(&path, bytes).unwrap();
    let space = Arc::new(Redb::open(&path).await?);
    let store = Store::open(space, &text(), NOW).await?;
    let snapshot = store.snapshot().await?;
    let counts = [snapshot.users.len(), snapshot.credentials.len(), snapshot.policies.len()];
    Ok(counts.into_iter().sum())
}

async fn healthy() -> (Vec<u8>, usize) {
    let world = World::new().await;
    for number in 0..20 {
        world.user(&format!("user{number}"), &format!("AKIA{number}"), groups(&["Viewers"])).await;
    }
    let path = world.path();
    let folder = world.close();
    let bytes = std::fs::read(&path).unwrap();
    drop(folder);
    let count = read(&bytes).await.unwrap();
    (bytes, count)
}

#[tokio::test]
async fn j06_a_flipped_bit_is_refused_or_harmless() {
    let (bytes, count) = healthy().await;
    let mut refused = 0;
    for flip in 0..150 {
        // The first pages say where everything is; of the rest, places all over it.
        let place = if flip < 50 { flip * 7 } else { (flip * 104_729) % bytes.len() };
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (flip % 8);
        match read(&damaged).await {
            Ok(found) => assert_eq!(found, count, "byte {place}"),
            Err(StoreError::Corrupt { .. } | StoreError::Unavailable(_)) => refused += 1,
            Err(other) => panic!("byte {place}: {other:?}"),
        }
    }
    assert!(refused > 0);
}

#[tokio::test]
async fn j06_a_file_that_was_cut_or_zeroed_is_refused() {
    let (bytes, count) = healthy().await;
    let mut files = vec![vec![0; bytes.len()], vec![0; 1]];
    for length in [1, 100, 320, 4096, 5000, bytes.len() / 2, bytes.len() - 4096, bytes.len() - 1] {
        files.push(bytes.get(..length).unwrap().to_vec());
    }
    for file in files {
        match read(&file).await {
            Ok(found) => assert_eq!(found, count, "{} bytes", file.len()),
            Err(StoreError::Corrupt { .. } | StoreError::Unavailable(_)) => {}
            Err(other) => panic!("{} bytes: {other:?}", file.len()),
        }
    }
    let extended = [bytes, vec![7; 10_000]].concat();
    if let Ok(found) = read(&extended).await {
        assert_eq!(found, count);
    }
}
