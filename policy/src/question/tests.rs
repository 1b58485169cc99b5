//! What can be asked, and what it comes to.

use super::*;

fn facts(noted: &[(&str, &str)]) -> Facts {
    let mut facts = Facts::default();
    for (key, value) in noted {
        facts.note(key, value).unwrap();
    }
    facts
}

fn ask(action: &str, resource: &str, noted: &[(&str, &str)]) -> Result<String, String> {
    Question::parse(action, resource, facts(noted))
        .map(|question| question.required.to_string())
        .map_err(|fault| fault.to_string())
}

#[test]
fn s3_words_need_what_the_request_needs() {
    for (action, resource, noted, needs) in [
        (
            "s3:GetObject",
            "s3://lake/team-a/x",
            &[][..],
            "fs:ReadObject on arn:lakefs:fs:::repository/lake/object/team-a/x",
        ),
        (
            "s3:GetObjectVersion",
            "s3://lake/x",
            &[],
            "fs:ReadObjectVersion on arn:lakefs:fs:::repository/lake/object/x",
        ),
        (
            "s3:UploadPart",
            "s3://lake/x",
            &[],
            "fs:WriteObject on arn:lakefs:fs:::repository/lake/object/x",
        ),
        (
            "s3:PostObject",
            "s3://lake/x",
            &[],
            "fs:WriteObject on arn:lakefs:fs:::repository/lake/object/x",
        ),
        ("s3:HeadBucket", "s3://lake", &[], "fs:ReadRepository on arn:lakefs:fs:::repository/lake"),
        (
            "s3:ListObjectsV2",
            "s3://lake",
            &[("Delimiter", "/")],
            "fs:ListBranches on arn:lakefs:fs:::repository/lake",
        ),
        (
            "s3:ListBucket",
            "s3://lake/a/",
            &[("Delimiter", "/")],
            "fs:ListObjects on arn:lakefs:fs:::repository/lake",
        ),
        (
            "s3:GetObject",
            "s3://lake/a/../b",
            &[],
            "fs:ReadObject on arn:lakefs:fs:::repository/lake/object/a/../b, fs:ReadObject on arn:lakefs:fs:::repository/lake/object/b",
        ),
        (
            "s3:PutObjectVersionTagging",
            "s3://lake/x",
            &[],
            "fs:WriteObjectTags on arn:lakefs:fs:::repository/lake/object/x, fs:ReadObjectVersion on arn:lakefs:fs:::repository/lake/object/x",
        ),
        (
            "s3:PutEncryptionConfiguration",
            "s3://lake",
            &[],
            "fs:WriteBucketEncryption on arn:lakefs:fs:::repository/lake",
        ),
        (
            "s3:DeleteObjects",
            "s3://lake/a//b",
            &[],
            "fs:DeleteObject on arn:lakefs:fs:::repository/lake/object/a//b, fs:DeleteObject on arn:lakefs:fs:::repository/lake/object/a/b",
        ),
        ("s3:ListBuckets", "s3://", &[], ""),
        ("s3:ListBuckets", "s3://lake", &[], ""),
        ("s3:ListAllMyBuckets", "*", &[], ""),
    ] {
        assert_eq!(ask(action, resource, noted).as_deref(), Ok(needs), "{action} {resource}");
    }
}

#[test]
fn every_operation_that_is_forwarded_can_be_asked_about() {
    for row in OPERATIONS.iter().map(|operation| operation.row()) {
        let names_objects = row.needs.iter().any(|need| matches!(need, Need::Each { .. }));
        let resource = match row.level {
            Level::Service => "s3://",
            Level::Bucket if !names_objects => "s3://lake",
            Level::Bucket | Level::Object => "s3://lake/x",
        };
        let asked = Question::parse(&format!("s3:{}", row.name), resource, Facts::default());
        match (row.handling, asked) {
            // Its source has no place in a question.
            (Handling::Forward, Err(fault)) if row.operation.is_copy() => {
                assert!(fault.reason.contains("ask for the two"), "{fault}");
            }
            (Handling::Forward, Ok(question)) => {
                assert_eq!(question.operation, Some(row.operation));
                let of_versions = |need: &&Need| matches!(need, Need::IfVersion(_));
                let needs = row.needs.len() - row.needs.iter().filter(of_versions).count();
                assert_eq!(question.required.len(), needs, "{}", row.name);
            }
            (Handling::Refuse | Handling::Alias(_), Err(fault)) => {
                assert_eq!(fault.path, "action", "{}", row.name);
            }
            (Handling::Becomes(other), Err(fault)) => {
                let told = format!("{other} is done to an object, not to `s3://lake`");
                assert_eq!((fault.path.as_str(), fault.reason), ("resource", told));
            }
            (handling, asked) => panic!("{}: {handling:?} {asked:?}", row.name),
        }
    }
}

#[test]
fn a_listing_is_asked_for_under_its_prefix() {
    let under = |action, resource, noted: &[_]| {
        let question = Question::parse(action, resource, facts(noted)).unwrap();
        let target = question.required.iter().next().unwrap().target.clone();
        (target, question.facts().text("Prefix"))
    };
    let listing = Target::listing("lake", "a/");
    let prefix = Some("a/".to_owned());
    assert_eq!(under("s3:ListObjects", "s3://lake/a/", &[]), (listing.clone(), prefix.clone()));
    let noted = [("s3:prefix", "a/")];
    assert_eq!(under("s3:ListObjects", "s3://lake", &noted), (listing.clone(), prefix.clone()));
    let bucket = "arn:lakefs:fs:::repository/lake";
    assert_eq!(under("fs:ListObjects", bucket, &noted), (listing, prefix));
    assert_eq!(under("fs:ListObjects", bucket, &[]), (Target::listing("lake", ""), None));
}

#[test]
fn an_action_is_asked_for_under_every_reading_as_an_operation_is() {
    for (action, resource, operation, url, noted) in [
        (
            "fs:ReadObject",
            "arn:lakefs:fs:::repository/lake/object/a/../b",
            "s3:GetObject",
            "s3://lake/a/../b",
            &[][..],
        ),
        (
            "fs:ListObjects",
            "arn:lakefs:fs:::repository/lake",
            "s3:ListObjects",
            "s3://lake",
            &[("Prefix", "a/../b/")],
        ),
    ] {
        let by_action = Question::parse(action, resource, facts(noted)).unwrap();
        let by_operation = Question::parse(operation, url, facts(noted)).unwrap();
        assert_eq!(by_action.required, by_operation.required);
        assert!(by_action.required.len() > 1);
    }
}

#[test]
fn what_cannot_be_asked_is_told_with_its_place_and_what_is_nearest() {
    for (action, resource, noted, fault) in [
        (
            "fs:ReadObjct",
            "*",
            &[][..],
            "action: unknown action `fs:ReadObjct`; the nearest known one is `fs:ReadObject`",
        ),
        (
            "s3:GetObjekt",
            "s3://lake/x",
            &[],
            "action: unknown operation `s3:GetObjekt`; the nearest known one is `s3:GetObject`",
        ),
        (
            "GetObject",
            "s3://lake/x",
            &[],
            "action: unknown action `GetObject`; the nearest known one is `s3:GetObject`",
        ),
        ("fs:ReadObject", "s3://lake/x", &[], "resource: `s3://lake/x` is neither"),
        ("s3:GetObject", "lake/x", &[], "resource: `lake/x` is not in S3's words"),
        ("s3:GetObject", "s3:///x", &[], "resource: `s3:///x` is not in S3's words"),
        ("s3:GetObject", "s3://lake", &[], "resource: GetObject is done to an object"),
        ("s3:HeadBucket", "s3://lake/x", &[], "resource: HeadBucket is done to a bucket"),
        ("s3:DeleteObjects", "s3://lake", &[], "resource: DeleteObjects is asked about one object"),
        ("s3:ListBuckets", "s3://lake/x", &[], "resource: ListBuckets is done to the service"),
        (
            "s3:CopyObject",
            "s3://lake/x",
            &[],
            "action: CopyObject also reads its source, which cannot be named here; ask for the two: \
             `fs:WriteObject` on the object that it writes, and `fs:ReadObject` on the one that it copies \
             (`fs:ReadObjectVersion` with a version)",
        ),
        (
            "s3:GetObject",
            "s3://lake/x",
            &[("Prefix", "x")],
            "context: a request for GetObject has no `Prefix`",
        ),
        (
            "s3:ListBuckets",
            "s3://",
            &[("Prefix", "x")],
            "context: a request for ListBuckets has no `Prefix`",
        ),
        ("s3:ListObjects", "s3://lake/a/", &[("Prefix", "b/")], "context: `Prefix` is `b/`"),
    ] {
        let told = ask(action, resource, noted).unwrap_err();
        assert!(told.starts_with(fault), "{action} {resource}: {told}");
    }
}

#[test]
fn an_operation_that_is_not_forwarded_is_told_so() {
    let told = ask("s3:GetObjectAnnotation", "s3://lake/x", &[]).unwrap_err();
    assert!(told.contains("the gateway refuses GetObjectAnnotation to everybody"), "{told}");
}
