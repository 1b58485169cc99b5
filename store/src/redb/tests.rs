//! What is in the file when it is opened again, and whom it is open to.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::AtomicBool;

use redb::backends::InMemoryBackend;

use super::*;

fn put(key: &str, value: &str) -> Batch {
    Batch { puts: vec![(key.to_owned(), value.into())], ..Batch::default() }
}

async fn value(space: &Redb, key: &str) -> Option<Entry> {
    space.get(vec![key.to_owned()]).await.unwrap().remove(0)
}

#[tokio::test]
async fn what_was_committed_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.redb");
    let space = Redb::open(&path).await.unwrap();
    assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
    let first = value(&space, "a").await.unwrap();
    drop(space);
    let space = Redb::open(&path).await.unwrap();
    assert_eq!(value(&space, "a").await.unwrap(), first);
    assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
    assert!(value(&space, "a").await.unwrap().version > first.version);
}

#[tokio::test]
async fn a_scan_gives_what_starts_with_the_prefix_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let space = Redb::open(folder.path().join("s.redb")).await.unwrap();
    for key in ["b/2", "a/1", "b/1", "b", "c/1", "b/ö"] {
        assert_eq!(space.commit(put(key, "")).await.unwrap(), Outcome::Commit);
    }
    let keys: Vec<_> =
        space.scan("b/".into()).await.unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["b/1", "b/2", "b/ö"]);
    assert_eq!(space.scan("d".into()).await.unwrap(), []);
}

#[tokio::test]
async fn a_batch_whose_precondition_does_not_hold_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let space = Redb::open(folder.path().join("s.redb")).await.unwrap();
    assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
    let version = value(&space, "a").await.unwrap().version;
    for stale in [
        Precondition::Absent("a".into()),
        Precondition::Version("a".into(), version + 1),
        Precondition::Version("b".into(), version),
    ] {
        let batch = Batch {
            preconditions: vec![Precondition::Absent("b".into()), stale],
            puts: vec![("b".into(), vec![])],
            deletes: vec!["a".into()],
            advances_revision: true,
        };
        assert_eq!(space.commit(batch).await.unwrap(), Outcome::Stale);
    }
    assert_eq!(value(&space, "a").await.unwrap().version, version);
    assert_eq!(value(&space, "b").await, None);
    let held = Batch {
        preconditions: vec![Precondition::Version("a".into(), version)],
        deletes: vec!["a".into()],
        ..Batch::default()
    };
    assert_eq!(space.commit(held).await.unwrap(), Outcome::Commit);
    assert_eq!(value(&space, "a").await, None);
}

#[tokio::test]
async fn only_a_batch_that_says_so_advances_the_revision() {
    let folder = tempfile::tempdir().unwrap();
    let space = Redb::open(folder.path().join("s.redb")).await.unwrap();
    let mut watch = space.watch();
    watch.mark_unchanged();
    let before = space.revision().unwrap();
    assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
    assert_eq!(space.revision().unwrap(), before);
    let advancing = Batch { advances_revision: true, ..put("a", "2") };
    assert_eq!(space.commit(advancing).await.unwrap(), Outcome::Commit);
    assert!(space.revision().unwrap() > before);
    watch.changed().await.unwrap();
    assert_eq!(*watch.borrow(), space.revision().unwrap());
}

#[tokio::test]
async fn a_file_that_is_open_elsewhere_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.redb");
    let _first = Redb::open(&path).await.unwrap();
    let refusal = Redb::open(&path).await.unwrap_err();
    assert!(matches!(refusal, StoreError::InUse { .. }), "{refusal:?}");
    assert!(refusal.to_string().contains("is the gateway running?"), "{refusal}");
}

#[tokio::test]
async fn what_is_not_there_is_not_made_by_whoever_only_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.redb");
    let absent = async || {
        let refusal = Redb::open_existing(&path).await.unwrap_err();
        assert!(matches!(refusal, StoreError::Absent), "{refusal:?}");
    };
    absent().await;
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    absent().await;
    assert_eq!(path.metadata().unwrap().len(), 0);
    // A file without tables, as a crash may leave it.
    drop(Database::create(&path).unwrap());
    absent().await;
    let space = Redb::open(&path).await.unwrap();
    assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
    drop(space);
    let space = Redb::open_existing(&path).await.unwrap();
    assert_eq!(space.scan(String::new()).await.unwrap().len(), 1);
    std::fs::write(folder.path().join("other"), [7; 8192]).unwrap();
    let refusal = Redb::open_existing(folder.path().join("other")).await.unwrap_err();
    assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
}

#[tokio::test]
async fn the_file_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.redb");
    let _space = Redb::open(&path).await.unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn what_is_no_store_or_a_damaged_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.redb");
    std::fs::write(&path, [7; 8192]).unwrap();
    let refusal = Redb::open(&path).await.unwrap_err();
    assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
    std::fs::remove_file(&path).unwrap();

    let space = Redb::open(&path).await.unwrap();
    assert_eq!(space.commit(put("a", "needle")).await.unwrap(), Outcome::Commit);
    drop(space);
    let mut bytes = std::fs::read(&path).unwrap();
    let places: Vec<_> = (0..bytes.len()).filter(|i| bytes[*i..].starts_with(b"needle")).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place] ^= 1;
    }
    std::fs::write(&path, bytes).unwrap();
    let refusal = Redb::open(&path).await.unwrap_err();
    assert!(matches!(refusal, StoreError::Corrupt { .. }), "{refusal:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = Redb::open(folder.path().join("no/s.redb")).await.unwrap_err();
    let StoreError::Unavailable(cause) = refusal else { panic!("{refusal:?}") };
    assert!(cause.to_string().contains("no/s.redb"), "{cause}");
}

/// Memory that outlives its user, and a disk that is full when told so.
#[derive(Clone, Debug, Default)]
struct Disk {
    memory: Arc<InMemoryBackend>,
    is_full: Arc<AtomicBool>,
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, io::Error> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.memory.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.memory.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.memory.write(offset, data)
    }
}

#[tokio::test]
async fn a_full_disk_fails_the_write_and_all_is_well_once_there_is_room() {
    let disk = Disk::default();
    let opened = disk.clone();
    let space = Redb::over("memory".into(), Lack::Made, move || Ok(opened.clone())).await.unwrap();
    assert_eq!(space.commit(put("a", "1")).await.unwrap(), Outcome::Commit);
    let revision = space.revision().unwrap();

    disk.is_full.store(true, Ordering::SeqCst);
    let advancing = Batch { advances_revision: true, ..put("a", "2") };
    let failure = space.commit(advancing.clone()).await.unwrap_err();
    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    assert_eq!(space.revision().unwrap(), revision, "what is cached stays good");

    disk.is_full.store(false, Ordering::SeqCst);
    assert_eq!(value(&space, "a").await.unwrap().value, b"1");
    assert_eq!(space.commit(advancing).await.unwrap(), Outcome::Commit);
    assert_eq!(value(&space, "a").await.unwrap().value, b"2");
}
