//! The bytes of objects, through s3s-fs: one file an object, under a name that never repeats.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::{HeaderMap, Method, Uri};
use s3s::{S3Error, S3Request, S3Result};
use s3s_fs::FileSystem;

use super::EmbeddedStoreError;

/// The folder that s3s-fs works in, as one bucket of it: [`AREA`].
#[derive(Debug)]
pub(super) struct Files {
    /// s3s-fs itself; the bucket of every call is [`AREA`] and the key a [`fresh_name`].
    pub(super) system: FileSystem,
    root: PathBuf,
}

impl Files {
    /// Opens `root`, which is made if it is absent.
    pub(super) fn open(root: PathBuf) -> Result<Self, EmbeddedStoreError> {
        fs::create_dir_all(root.join(AREA)).map_err(EmbeddedStoreError::Folder)?;
        let system = FileSystem::new(&root)
            .map_err(|error| EmbeddedStoreError::Files(format!("{error:?}").into()))?;
        Ok(Self { system, root })
    }

    /// Removes the file `name` with what s3s-fs keeps beside it; absent ones are no error.
    ///
    /// A read under way opens the bytes, then the metadata, then the internal file, and fails
    /// without the last: so this order never lets it succeed with less than all three.
    pub(super) fn discard(&self, name: &str) -> io::Result<()> {
        remove(&self.root.join(AREA).join(name))?;
        let area = URL_SAFE_NO_PAD.encode(AREA);
        let key = URL_SAFE_NO_PAD.encode(name);
        for kind in ["internal", "metadata"] {
            remove(&self.root.join(format!(".bucket-{area}.object-{key}.{kind}.json")))?;
        }
        Ok(())
    }

    /// Removes every file that is not in `names`: what a crash left behind.
    pub(super) fn sweep(&self, names: &HashSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(AREA))? {
            let name = entry?.file_name();
            if let Some(name) = name.to_str()
                && !names.contains(name)
            {
                self.discard(name)?;
            }
        }
        Ok(())
    }
}

/// A name no other file has: 128 random bits in hexadecimal.
///
/// # Errors
///
/// `InternalError` when the system has no randomness to give.
pub(super) fn fresh_name() -> S3Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(S3Error::internal_error)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bits)))
}

/// A request to s3s-fs. It carries no header and no credential: s3s-fs writes both into its spans.
pub(super) fn request<T>(input: T) -> S3Request<T> {
    S3Request {
        input,
        method: Method::GET,
        uri: Uri::default(),
        headers: HeaderMap::new(),
        extensions: hyper::http::Extensions::new(),
        credentials: None,
        region: None,
        service: None,
        trailing_headers: None,
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The bucket, as s3s-fs sees it, that holds every object of every bucket.
pub(super) const AREA: &str = "objects";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweep_keeps_what_is_named_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().to_owned()).unwrap();
        let area = folder.path().join(AREA);
        fs::write(area.join("kept"), "1").unwrap();
        fs::write(area.join("lost"), "2").unwrap();
        files.sweep(&HashSet::from(["kept".to_owned()])).unwrap();
        assert!(area.join("kept").exists());
        assert!(!area.join("lost").exists());
    }

    #[test]
    fn names_do_not_repeat() {
        assert_ne!(fresh_name().unwrap(), fresh_name().unwrap());
    }
}
