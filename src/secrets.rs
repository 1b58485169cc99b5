//! Secrets that stand in files of their own.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use zeroize::Zeroizing;

/// The secret that the file at `path` holds: its bytes without one trailing newline.
///
/// # Errors
///
/// Those of [`read_whole`].
pub(crate) fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = read_whole(path)?;
    let length = trimmed(&bytes).len();
    bytes.truncate(length);
    Ok(bytes)
}

/// All bytes of the file at `path`, which holds a secret.
///
/// # Errors
///
/// When it cannot be read, holds no secret, or is longer than 64 KiB.
pub(crate) fn read_whole(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let limit = BYTES_MAX.saturating_add(1);
    // With room for all of it from the start, no copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(limit).unwrap_or(0)));
    let read = File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read >= limit) {
        return Err(io::Error::other("longer than 64 KiB"));
    }
    if trimmed(&bytes).is_empty() {
        return Err(io::Error::other("empty"));
    }
    Ok(bytes)
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let line = bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n"));
    line.unwrap_or(bytes)
}

/// The most that is read of a secret's file.
const BYTES_MAX: u64 = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(content: &[u8]) -> Option<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, content).unwrap();
        read(&path).ok().map(|bytes| bytes.to_vec())
    }

    #[test]
    fn one_trailing_newline_goes_and_nothing_else() {
        assert_eq!(read_of(b"a secret").as_deref(), Some(&b"a secret"[..]));
        assert_eq!(read_of(b"a secret\n").as_deref(), Some(&b"a secret"[..]));
        assert_eq!(read_of(b"a secret\r\n").as_deref(), Some(&b"a secret"[..]));
        assert_eq!(read_of(b" a secret \n\n").as_deref(), Some(&b" a secret \n"[..]));
    }

    #[test]
    fn an_empty_or_endless_file_is_refused() {
        assert_eq!(read_of(b"\n"), None);
        assert_eq!(read_of(&vec![b'x'; 65_537]), None);
        assert!(read_of(&vec![b'x'; 65_536]).is_some());
    }
}
