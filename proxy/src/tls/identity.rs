//! Certificates and keys, and who one is with both.

use std::{fmt, sync::Arc};

use rustls::{
    CertificateError, InconsistentKeys, RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    pki_types::{
        CertificateDer, PrivateKeyDer, UnixTime,
        pem::{self, PemObject as _},
    },
    server::ParsedCertificate,
    sign::{CertifiedKey, SigningKey},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{PROVIDER, TlsError, unix};

/// Certificates in their order, at least one.
#[derive(Clone)]
pub struct Certificates(pub(super) Vec<CertificateDer<'static>>);

impl Certificates {
    /// All certificates in the text of a PEM file.
    ///
    /// # Errors
    ///
    /// [`TlsError::Pem`] and [`TlsError::NoCertificate`].
    pub fn from_pem(text: &[u8]) -> Result<Self, TlsError> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        Self::at_least_one(read.map_err(|_| TlsError::Pem)?)
    }

    /// Certificates in DER.
    ///
    /// # Errors
    ///
    /// [`TlsError::NoCertificate`].
    pub fn from_der(certificates: impl IntoIterator<Item: AsRef<[u8]>>) -> Result<Self, TlsError> {
        let copied = |one: &[u8]| CertificateDer::from(one.to_vec());
        Self::at_least_one(certificates.into_iter().map(|one| copied(one.as_ref())).collect())
    }

    fn at_least_one(certificates: Vec<CertificateDer<'static>>) -> Result<Self, TlsError> {
        if certificates.is_empty() { Err(TlsError::NoCertificate) } else { Ok(Self(certificates)) }
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificates({})", self.0.len())
    }
}

/// A chain of certificates that one side of a connection shows, its end first.
#[derive(Debug, Clone)]
pub struct Chain(Certificates);

impl Chain {
    /// `certificates` as a chain.
    ///
    /// # Errors
    ///
    /// [`TlsError::Certificate`] when one of them cannot be read.
    pub fn new(certificates: Certificates) -> Result<Self, TlsError> {
        for certificate in &certificates.0 {
            ParsedCertificate::try_from(certificate).map_err(TlsError::Certificate)?;
        }
        Ok(Self(certificates))
    }

    /// Why, if so, its certificates are not valid at `now`.
    pub fn untimely(&self, now: OffsetDateTime) -> Option<Untimely> {
        let now = unix(now)?;
        self.0.0.iter().find_map(|certificate| untimely(certificate, now))
    }
}

/// Why a certificate is not valid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untimely {
    /// Its time is over; in seconds since 1970.
    Expired(u64),
    /// Its time is to come.
    NotYet(u64),
}

impl fmt::Display for Untimely {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, at) = match *self {
            Self::Expired(at) => ("expired", at),
            Self::NotYet(at) => ("not valid before", at),
        };
        let date =
            i64::try_from(at).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        match date.and_then(|date| date.format(&Rfc3339).ok()) {
            Some(date) => write!(f, "{words} {date}"),
            None => write!(f, "{words} {at} s after 1970"),
        }
    }
}

/// A private key of a kind that can be used.
#[derive(Clone)]
pub struct PrivateKey(Arc<dyn SigningKey>);

impl PrivateKey {
    /// The first key in the text of a PEM file.
    ///
    /// # Errors
    ///
    /// [`TlsError::Pem`], [`TlsError::NoKey`] and [`TlsError::Key`].
    pub fn from_pem(text: &[u8]) -> Result<Self, TlsError> {
        // What the reader says of a damaged key may repeat a part of it.
        let key = PrivateKeyDer::from_pem_slice(text).map_err(|error| {
            if matches!(error, pem::Error::NoItemsFound) { TlsError::NoKey } else { TlsError::Pem }
        })?;
        PROVIDER.key_provider.load_private_key(key).map(Self).map_err(TlsError::Key)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

/// Who one side of a connection is: a chain of certificates, and the key that proves it.
#[derive(Clone)]
pub struct Identity(pub(super) Arc<CertifiedKey>);

impl Identity {
    /// `chain` with the key of its end.
    ///
    /// # Errors
    ///
    /// [`TlsError::KeyMismatch`], and [`TlsError::Key`] when that cannot be told.
    pub fn new(chain: Chain, key: PrivateKey) -> Result<Self, TlsError> {
        let pair = CertifiedKey::new(chain.0.0, key.0);
        match pair.keys_match() {
            // A key that does not know its public half is taken at its word.
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
                Ok(Self(Arc::new(pair)))
            }
            Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                Err(TlsError::KeyMismatch)
            }
            Err(error) => Err(TlsError::Key(error)),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// Why, if so, `certificate` is not valid at `now`: its time is looked at before who signed it,
/// which is nobody here.
fn untimely(certificate: &CertificateDer<'_>, now: UnixTime) -> Option<Untimely> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let algorithms = PROVIDER.signature_verification_algorithms.all;
    let nobody = RootCertStore::empty();
    let verdict = verify_server_cert_signed_by_trust_anchor(&parsed, &nobody, &[], now, algorithms);
    let Err(rustls::Error::InvalidCertificate(fault)) = verdict else { return None };
    if let CertificateError::ExpiredContext { not_after, .. } = fault {
        return Some(Untimely::Expired(not_after.as_secs()));
    }
    if let CertificateError::NotValidYetContext { not_before, .. } = fault {
        return Some(Untimely::NotYet(not_before.as_secs()));
    }
    None
}
