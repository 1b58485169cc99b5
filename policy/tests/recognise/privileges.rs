//! Headers that carry a privilege.

use policy::{Action, Requirement, Resource};

use crate::{needs, recognised};

#[test]
fn b09_a_header_that_carries_a_privilege_needs_its_own_leave() {
    for (header, value, action) in [
        ("x-amz-acl", "public-read", Action::WRITE_OBJECT_ACL),
        ("x-amz-acl", "Private", Action::WRITE_OBJECT_ACL),
        ("x-amz-grant-read", "id=1", Action::WRITE_OBJECT_ACL),
        ("x-amz-grant-full-control", "id=1", Action::WRITE_OBJECT_ACL),
        ("x-amz-grant-read-acp", "id=1", Action::WRITE_OBJECT_ACL),
        ("x-amz-grant-write-acp", "id=1", Action::WRITE_OBJECT_ACL),
        ("x-amz-tagging", "a=b", Action::WRITE_OBJECT_TAGS),
        ("x-amz-object-lock-mode", "GOVERNANCE", Action::WRITE_OBJECT_RETENTION),
        (
            "x-amz-object-lock-retain-until-date",
            "2030-01-01T00:00:00Z",
            Action::WRITE_OBJECT_RETENTION,
        ),
        ("x-amz-object-lock-legal-hold", "ON", Action::WRITE_OBJECT_LEGAL_HOLD),
        ("x-amz-website-redirect-location", "/b", Action::WRITE_OBJECT_REDIRECT),
        ("x-amz-server-side-encryption-aws-kms-key-id", "k", Action::WRITE_OBJECT_ENCRYPTION_KEY),
    ] {
        for request in ["PUT /lake/a", "POST /lake/a?uploads"] {
            let seen = recognised(request, &[(header, value)]);
            let object = || Resource::object("lake", "a");
            let required: Vec<_> = seen.required.iter().cloned().collect();
            let write = Requirement::new(Action::WRITE_OBJECT, object());
            assert_eq!(required, [write, Requirement::new(action, object())], "{header}: {value}");
            assert_eq!(seen.headers.get(header).unwrap(), value);
        }
    }
}

#[test]
fn b09_a_privilege_on_a_new_bucket_is_needed_on_the_bucket() {
    for (header, value, action) in [
        ("x-amz-acl", "public-read", Action::WRITE_BUCKET_ACL),
        ("x-amz-grant-write", "id=1", Action::WRITE_BUCKET_ACL),
        ("x-amz-bucket-object-lock-enabled", "true", Action::WRITE_BUCKET_OBJECT_LOCK),
        ("x-amz-object-ownership", "ObjectWriter", Action::WRITE_BUCKET_OWNERSHIP_CONTROLS),
    ] {
        let bucket = || Resource::bucket("lake");
        let create = Requirement::new(Action::CREATE_REPOSITORY, bucket());
        let required = [create, Requirement::new(action, bucket())];
        assert_eq!(needs("PUT /lake", &[(header, value)]), required, "{header}");
    }
}

#[test]
fn b09_a_bypass_of_governance_needs_its_own_leave() {
    let object = || Resource::object("lake", "a");
    let request = "DELETE /lake/a?versionId=1";
    let delete = || Requirement::new(Action::DELETE_OBJECT_VERSION, object());
    assert_eq!(
        needs(request, &[("x-amz-bypass-governance-retention", "true")]),
        [delete(), Requirement::new(Action::BYPASS_GOVERNANCE_RETENTION, object())]
    );
    assert_eq!(needs(request, &[("x-amz-bypass-governance-retention", "false")]), [delete()]);
    let retain = "PUT /lake/a?retention";
    assert_eq!(
        needs(retain, &[("x-amz-bypass-governance-retention", "true")]),
        [
            Requirement::new(Action::WRITE_OBJECT_RETENTION, object()),
            Requirement::new(Action::BYPASS_GOVERNANCE_RETENTION, object())
        ]
    );
}

#[test]
fn b09_an_acl_is_what_an_operation_on_acls_has_leave_for() {
    let grants = [("x-amz-acl", "private"), ("x-amz-grant-write", "id=1")];
    for (request, action, resource) in [
        ("PUT /lake?acl", Action::WRITE_BUCKET_ACL, Resource::bucket("lake")),
        ("PUT /lake/a?acl", Action::WRITE_OBJECT_ACL, Resource::object("lake", "a")),
    ] {
        let seen = recognised(request, &grants);
        let required: Vec<_> = seen.required.iter().cloned().collect();
        assert_eq!(required, [Requirement::new(action, resource)], "{request}");
        // Here `private` is what is asked for, not the default.
        assert_eq!(seen.headers.len(), 2, "{request}");
    }
}

#[test]
fn b09_several_grants_need_one_leave() {
    let headers =
        [("x-amz-grant-read", "id=1"), ("x-amz-grant-read-acp", "id=1"), ("x-amz-acl", "x")];
    assert_eq!(needs("PUT /lake/a", &headers).len(), 2);
}

#[test]
fn b09_an_acl_that_gives_nothing_away_needs_no_leave() {
    let private = recognised("PUT /lake/a", &[("x-amz-acl", "private")]);
    assert_eq!((private.required.len(), private.headers.len()), (1, 0));
    for acl in ["bucket-owner-full-control", "bucket-owner-read"] {
        let seen = recognised("PUT /lake/a", &[("x-amz-acl", acl)]);
        assert_eq!(
            (seen.required.len(), seen.headers.get("x-amz-acl").unwrap().to_str().unwrap()),
            (1, acl)
        );
    }
}

#[test]
fn blanks_around_a_value_do_not_change_what_it_needs() {
    for (sent, required, up) in
        [("private\t", 1, 0), (" bucket-owner-read", 1, 1), ("\tpublic-read", 2, 1)]
    {
        let seen = recognised("PUT /lake/a", &[("x-amz-acl", sent)]);
        assert_eq!((seen.required.len(), seen.headers.len()), (required, up), "{sent:?}");
    }
}
