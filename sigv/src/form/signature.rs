//! Who signed the policy of a form: version 4 and version 2, in its fields.

use time::OffsetDateTime;

use super::fields::Fields;
use super::policy::POLICY;
use crate::amz_date;
use crate::authorization::{ALGORITHM, ASYMMETRIC, VERSION_4A, scope};
use crate::claim::{Claim, Proof, Rules, Scope, check_region, check_token_parameter, parse_id};
use crate::error::{Form, SignatureError};
use crate::hash;
use crate::mechanism::Mechanism;
use crate::payload::Payload;
use crate::version2;
use crate::wire::Wire;

impl Claim {
    /// Reads the claim in the `fields` of a form, whose request had the head `wire`, and checks it against `rules` at the
    /// time `now`. What is signed is the policy; it says what else has to hold.
    ///
    /// # Errors
    ///
    /// Any [`SignatureError`], also of a mechanism in the head; [`SignatureError::Mismatch`] only for a signature of
    /// version 2 that cannot be one.
    pub fn in_form(
        wire: Wire<'_>,
        fields: &Fields,
        rules: &Rules<'_>,
        now: OffsetDateTime,
    ) -> Result<Self, SignatureError> {
        check_head(wire)?;
        if fields.get("x-amz-security-token").is_some() {
            return Err(SignatureError::SecurityToken);
        }
        let has = |names: &[&str]| names.iter().any(|name| fields.get(name).is_some());
        match (has(&VERSION_4), has(&VERSION_2)) {
            (false, false) => Err(SignatureError::Anonymous),
            (true, true) => Err(SignatureError::ManyMechanisms),
            (true, false) => version_4(fields, rules, now),
            (false, true) if !rules.version_2 => Err(SignatureError::Version2Refused),
            (false, true) => version_2(fields),
        }
    }
}

/// Checks that the head says nothing that the policy would have to cover, and does not say who signed.
fn check_head(wire: Wire<'_>) -> Result<(), SignatureError> {
    match Mechanism::of(wire) {
        Err(SignatureError::Anonymous) => {}
        Ok(_) => return Err(SignatureError::ManyMechanisms),
        Err(error) => return Err(error),
    }
    check_token_parameter(wire.query)?;
    let names = wire.headers.keys().map(http::HeaderName::as_str);
    let mut unsigned: Vec<&str> = names.filter(|name| name.starts_with("x-amz-")).collect();
    if unsigned.is_empty() {
        return Ok(());
    }
    unsigned.sort_unstable();
    Err(SignatureError::UnsignedHeaders { names: unsigned.join(", ") })
}

fn version_4(
    fields: &Fields,
    rules: &Rules<'_>,
    now: OffsetDateTime,
) -> Result<Claim, SignatureError> {
    let only = |name| fields.get(name).ok_or(INCOMPLETE);
    let [algorithm, credential, date, signature] = VERSION_4;
    match only(algorithm)? {
        ALGORITHM => {}
        ASYMMETRIC => return Err(SignatureError::UnsupportedForm { form: VERSION_4A }),
        _ => return Err(malformed("x-amz-algorithm must be AWS4-HMAC-SHA256")),
    }
    let (access_key_id, day, region) = scope(Form::Fields, only(credential)?)?;
    check_region(Form::Fields, region, rules.regions)?;
    let access_key_id = parse_id(access_key_id)?;
    let signed_at = amz_date::parse(only(date)?)
        .ok_or(malformed("x-amz-date must be of the form 20260131T120000Z"))?;
    if day != signed_at.date() {
        return Err(SignatureError::WrongDate { form: Form::Fields });
    }
    if signed_at.saturating_sub(rules.max_skew).unix_timestamp() > now.unix_timestamp() {
        return Err(SignatureError::NotYetValid { from: signed_at });
    }
    let signature = hash::parse_hex(only(signature)?)
        .ok_or(malformed("x-amz-signature must be 64 lower-case hex digits"))?;
    let text = only(POLICY)?.as_bytes().into();
    let scope = Scope { date: day, region: region.into() };
    let proof = Proof::Text4 { scope, text, signature };
    Ok(Claim::new(access_key_id, "v4-form", Payload::Unsigned, proof))
}

fn version_2(fields: &Fields) -> Result<Claim, SignatureError> {
    let only = |name| fields.get(name).ok_or(INCOMPLETE_2);
    let [access_key_id, signature] = VERSION_2;
    let access_key_id = parse_id(only(access_key_id)?)?;
    let texts = vec![only(POLICY)?.as_bytes().into()];
    let proof = Proof::Version2 { texts, signature: version2::code(only(signature)?)? };
    Ok(Claim::new(access_key_id, "v2-form", Payload::Unsigned, proof))
}

fn malformed(reason: &'static str) -> SignatureError {
    SignatureError::MalformedAuthorization { form: Form::Fields, reason }
}

const INCOMPLETE: SignatureError = SignatureError::MalformedAuthorization {
    form: Form::Fields,
    reason: "it requires x-amz-algorithm, x-amz-credential, x-amz-date, x-amz-signature and policy",
};

const INCOMPLETE_2: SignatureError = SignatureError::MalformedAuthorization {
    form: Form::Fields,
    reason: "it requires AWSAccessKeyId, signature and policy",
};

/// The fields that say who signed, by version 4.
const VERSION_4: [&str; 4] =
    ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"];

/// The same by version 2.
const VERSION_2: [&str; 2] = ["awsaccesskeyid", "signature"];

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::credential::SecretKey;

    // Amazon S3 API Reference, "Example: Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)".
    const POLICY_4: &str = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
    const VECTOR_4: [(&str, &str); 5] = [
        ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Date", "20151229T000000Z"),
        ("Policy", POLICY_4),
        ("X-Amz-Signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"),
    ];
    const SECRET_4: &[u8] = b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    // As botocore 1.44 signs it.
    const VECTOR_2: [(&str, &str); 3] = [
        ("AWSAccessKeyId", "AKIAALICE"),
        (
            "policy",
            "eyJleHBpcmF0aW9uIjogIjIwMjYtMTEtMjVUMTQ6Mjg6MThaIiwgImNvbmRpdGlvbnMiOiBbeyJhY2wiOiAicHJpdmF0ZSJ9LCBbImNvbnRlbnQtbGVuZ3RoLXJhbmdlIiwgMSwgMTBdLCB7ImJ1Y2tldCI6ICJsYWtlIn0sIFsic3RhcnRzLXdpdGgiLCAiJGtleSIsICJhLyJdXX0=",
        ),
        ("signature", "4Jf7E1vTiAaUVwAnOUhuGqC/92I="),
    ];
    const SECRET_2: &[u8] = b"not a real secret";

    const NOW: OffsetDateTime = datetime!(2015-12-29 00:10 UTC);

    fn parse_with(
        pairs: &[(&str, &str)],
        query: &str,
        headers: &[(&'static str, &'static str)],
        version_2: Option<&[String]>,
    ) -> Result<Claim, SignatureError> {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.add(name, (*value).to_owned()).unwrap();
        }
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        let path = "/lake";
        let wire = Wire { method: &Method::POST, path, query, headers: &map, host_bucket: None };
        let rules = Rules {
            regions: version_2.unwrap_or_default(),
            max_skew: Duration::minutes(15),
            version_2: version_2.is_none(),
        };
        Claim::in_form(wire, &fields, &rules, NOW)
    }

    fn parse(pairs: &[(&str, &str)]) -> Result<Claim, SignatureError> {
        parse_with(pairs, "", &[], None)
    }

    fn changed<const N: usize>(
        vector: [(&'static str, &'static str); N],
        name: &str,
        value: &'static str,
    ) -> Vec<(&'static str, &'static str)> {
        let replaced = |(other, old)| (other, if other == name { value } else { old });
        vector.into_iter().map(replaced).collect()
    }

    #[test]
    fn policies_that_amazon_and_botocore_signed_verify() {
        let claim = parse(&VECTOR_4).unwrap();
        assert_eq!(
            (claim.mechanism(), claim.access_key_id().as_str()),
            ("v4-form", "AKIAIOSFODNN7EXAMPLE")
        );
        assert_eq!(claim.verify(&SecretKey::new(SECRET_4)), Ok(()));
        assert_eq!(claim.verify(&SecretKey::new(*b"another")), Err(SignatureError::Mismatch));
        let claim = parse(&VECTOR_2).unwrap();
        assert_eq!((claim.mechanism(), claim.access_key_id().as_str()), ("v2-form", "AKIAALICE"));
        assert_eq!(claim.verify(&SecretKey::new(SECRET_2)), Ok(()));
        assert_eq!(claim.verify(&SecretKey::new(*b"another")), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a01_any_change_of_policy_or_signature_is_refused() {
        for (vector, secret) in [(&VECTOR_4[..], SECRET_4), (&VECTOR_2[..], SECRET_2)] {
            for (index, (name, value)) in vector.iter().enumerate() {
                for at in (0..value.len()).step_by(1 + value.len() / 64) {
                    let mut bytes = value.as_bytes().to_vec();
                    bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
                    let text = String::from_utf8(bytes).unwrap();
                    let mut pairs = vector.to_vec();
                    pairs[index].1 = &text;
                    let verified = parse(&pairs).and_then(|claim| {
                        let same = claim.access_key_id().as_str()
                            == vector[0].1.split('/').next().unwrap();
                        // A time of the same day, and who is named, are the policy's and the caller's business.
                        if same && *name != "X-Amz-Date" {
                            claim.verify(&SecretKey::new(secret))
                        } else {
                            Err(SignatureError::Mismatch)
                        }
                    });
                    assert!(verified.is_err(), "{name} {text}");
                }
            }
        }
    }

    #[test]
    fn a04_scope_of_another_day_region_or_service_is_refused() {
        let form = Form::Fields;
        let refused = |name, value| parse(&changed(VECTOR_4, name, value)).unwrap_err();
        for (credential, error) in [
            ("AKIA/20151228/us-east-1/s3/aws4_request", SignatureError::WrongDate { form }),
            ("AKIA/20151229/us-east-1/sts/aws4_request", SignatureError::WrongService { form }),
            ("AKIA/20151229/us-east-1/s3/aws4", SignatureError::WrongTerminator { form }),
        ] {
            let refused = refused("X-Amz-Credential", credential);
            assert_eq!((refused.status(), refused.code()), (400, "InvalidArgument"));
            assert_eq!(refused, error);
        }
        for credential in ["AKIA", "AKIA/today/us-east-1/s3/aws4_request", ""] {
            assert_eq!(refused("X-Amz-Credential", credential).code(), "InvalidArgument");
        }
        let elsewhere =
            parse_with(&VECTOR_4, "", &[], Some(&["eu-west-1".to_owned()])).unwrap_err();
        assert!(matches!(elsewhere, SignatureError::WrongRegion { form: Form::Fields, .. }));
    }

    #[test]
    fn a18_date_is_that_of_the_scope_and_not_ahead() {
        let date = |value| parse(&changed(VECTOR_4, "X-Amz-Date", value)).map(|_| ());
        assert_eq!(date("20151229T002500Z"), Ok(()));
        let from = datetime!(2015-12-29 00:25:01 UTC);
        assert_eq!(date("20151229T002501Z"), Err(SignatureError::NotYetValid { from }));
        assert_eq!(date("20151228T235959Z"), Err(SignatureError::WrongDate { form: Form::Fields }));
        assert_eq!(date("2015-12-29T00:00:00Z").unwrap_err().code(), "InvalidArgument");
    }

    #[test]
    fn a07_form_is_signed_in_one_way() {
        let both = [&VECTOR_4[..], &[("signature", "x")]].concat();
        assert_eq!(parse(&both).unwrap_err(), SignatureError::ManyMechanisms);
        assert_eq!(parse(&[("key", "a")]).unwrap_err(), SignatureError::Anonymous);
        for query in ["X-Amz-Signature=1", "x-amz-credential=1", "AWSAccessKeyId=a", "Signature=b"]
        {
            let error = parse_with(&VECTOR_4, query, &[], None).unwrap_err();
            assert_eq!(error, SignatureError::ManyMechanisms, "{query}");
        }
        let header = parse_with(&VECTOR_2, "", &[("authorization", "AWS AKIAALICE:c2ln")], None);
        assert_eq!(header.unwrap_err(), SignatureError::ManyMechanisms);
    }

    #[test]
    fn a05_header_of_amazons_beside_a_form_is_not_signed() {
        let error = parse_with(&VECTOR_4, "", &[("x-amz-acl", "public-read")], None).unwrap_err();
        assert_eq!(error, SignatureError::UnsignedHeaders { names: "x-amz-acl".to_owned() });
    }

    #[test]
    fn session_token_is_refused_wherever_it_stands() {
        let field = [&VECTOR_4[..], &[("X-Amz-Security-Token", "t")]].concat();
        assert_eq!(parse(&field).unwrap_err(), SignatureError::SecurityToken);
        let query = parse_with(&VECTOR_4, "X-Amz-Security-Token=t", &[], None).unwrap_err();
        assert_eq!(query, SignatureError::SecurityToken);
    }

    #[test]
    fn version_2_is_refused_where_it_is_switched_off() {
        let refused = parse_with(&VECTOR_2, "", &[], Some(&[])).unwrap_err();
        assert_eq!(refused, SignatureError::Version2Refused);
        assert!(parse_with(&VECTOR_4, "", &[], Some(&[])).is_ok());
    }

    #[test]
    fn claim_that_lacks_a_field_is_refused() {
        for index in 0..VECTOR_4.len() {
            let mut pairs = VECTOR_4.to_vec();
            pairs.remove(index);
            assert_eq!(parse(&pairs).unwrap_err().code(), "InvalidArgument", "{index}");
        }
        for index in 0..VECTOR_2.len() {
            let mut pairs = VECTOR_2.to_vec();
            pairs.remove(index);
            assert_eq!(parse(&pairs).unwrap_err().code(), "InvalidArgument", "{index}");
        }
        let other =
            parse(&changed(VECTOR_4, "X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256")).unwrap_err();
        assert_eq!((other.status(), other.code()), (501, "NotImplemented"));
    }
}
