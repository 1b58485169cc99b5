//! `DeleteObjects`, key by key: what goes up of it, what is refused in the answer, and what the audit line says.

use crate::harness::{
    deletion::{
        content_md5, deletes_all, document, draft, each, keys, quiet, result, send, within,
    },
    forms::FORMS,
    framed::{Body, Mode, SHA256, checksum},
    http::{Response, assert_refused},
    pattern::sha256,
    recorder::{Answer, Recorder},
    sign::{Draft, UNSIGNED},
    site::{admin, alice, nobody, viewer},
    world::Watched,
};

#[test]
fn b06_of_a_thousand_keys_the_forbidden_one_does_not_go_up() {
    let world = deletes_all();
    let mut all: Vec<_> = (0..1000).map(|n| format!("team-a/{n}")).collect();
    all[700] = "team-b/secret".to_owned();
    let response = send(&world, &alice(), &keys(&all));
    assert_eq!(response.status(), 200, "{}", response.text());

    let seen = world.seen();
    let [request] = seen.as_slice() else { panic!("{seen:#?}") };
    all.remove(700);
    assert_eq!(each(request, "Key"), all);
    assert_eq!(request.head.word(1), "/lake?delete=");
    let head = |name| request.head.header(name).unwrap_or_default();
    assert_eq!(head("x-amz-content-sha256"), sha256(&request.start));
    assert_eq!(head(SHA256), checksum(&request.start));
    assert_eq!(head("content-md5"), content_md5(&request.start));
    let signed = "SignedHeaders=content-md5;host;x-amz-checksum-sha256;x-amz-content-sha256;x-amz-date;x-amz-sdk-checksum-algorithm,";
    assert!(head("authorization").contains(signed), "{}", head("authorization"));

    assert_eq!(deleted(&response), all);
    assert_eq!(errors(&response), [("team-b/secret".to_owned(), "AccessDenied".to_owned())]);
    let message = "User alice is not authorized to perform fs:DeleteObject on \
                   arn:lakefs:fs:::repository/lake/object/team-b/secret: no policy allows it.";
    assert_eq!(response.message(), message);

    let line =
        world.gateway.wait_for_audit("the deletion", |line| line["operation"] == "DeleteObjects");
    assert_eq!(line["objects"], serde_json::json!({"permitted": 999, "refused": 1, "failed": 0}));
    assert_eq!((&line["status"], &line["code"]), (&200.into(), &"AccessDenied".into()));
    assert_eq!(line["outcome"], "completed");
    let required = line["required"].as_array().unwrap();
    assert_eq!(required.len(), 1000);
    assert_eq!(required[700]["resource"], "arn:lakefs:fs:::repository/lake/object/team-b/secret");
    assert_eq!(required[700]["outcome"], "no_allow");
    assert_eq!(line["required_omitted"], serde_json::Value::Null);
}

#[test]
fn b06_a_record_of_many_long_keys_is_bounded_and_lists_what_was_refused() {
    let world = Watched::answering(|_| Answer::ok(result(&[], "Deleted").as_bytes()));
    let mut all: Vec<_> = (0..1000).map(|n| format!("team-a/{n:0>1000}")).collect();
    all[999] = "team-b/secret".to_owned();
    assert_eq!(send(&world, &alice(), &keys(&all)).status(), 200);
    let line =
        world.gateway.wait_for_audit("the deletion", |line| line["operation"] == "DeleteObjects");
    let required = line["required"].as_array().unwrap();
    let last = required.last().unwrap();
    assert_eq!(last["resource"], "arn:lakefs:fs:::repository/lake/object/team-b/secret");
    let omitted = usize::try_from(line["required_omitted"].as_u64().unwrap()).unwrap();
    assert_eq!(required.len() + omitted, 1000);
    assert!((400..600).contains(&required.len()), "{}", required.len());
}

#[test]
fn b06_doubles_entities_and_order_go_up_as_they_came() {
    let world = deletes_all();
    let objects = [
        "<Key>team-a/b</Key>",
        "<Key>team-a/a&amp;b&lt;</Key>",
        "<Key>team-a/b</Key>",
        "<Key>team-a/a&#10;&#x0D;&#9;b</Key>",
        "<Key>team-a/&amp;amp;</Key>",
        "<Key>team-a/ ö 🦆 %2F+ </Key>",
        "<Key>team-a/a//b/./c</Key>",
    ];
    let response = send(&world, &alice(), &document(&objects));
    let expected = [
        "team-a/b",
        "team-a/a&amp;b&lt;",
        "team-a/b",
        "team-a/a&#10;&#13;&#9;b",
        "team-a/&amp;amp;",
        "team-a/ ö 🦆 %2F+ ",
        "team-a/a//b/./c",
    ];
    let seen = world.seen();
    assert_eq!(each(&seen[0], "Key"), expected);
    assert_eq!(deleted(&response), expected, "{}", response.text());
    assert_eq!(errors(&response), []);
}

#[test]
fn b06_a_key_is_allowed_as_it_is_read_and_never_as_it_is_written() {
    let world = deletes_all();
    let objects = [
        "<Key>team-a&#47;ok</Key>",
        "<Key>team-a/../team-b/x</Key>",
        "<Key>team-a&#47;&#46;.&#x2f;team-b/y</Key>",
        "<Key>team-a/x/../../closed</Key>",
        "<Key>team-a/&#x63;losed/x</Key>",
        "<Key>team-a//closed/x</Key>",
        "<Key>/team-a/x</Key>",
        "<Key>team-a</Key>",
        "<Key>team-a%2Fx</Key>",
        "<Key>../pond/team-a/x</Key>",
        "<Key>Team-a/x</Key>",
    ];
    let response = send(&world, &alice(), &document(&objects));
    assert_eq!(each(&world.seen()[0], "Key"), ["team-a/ok"]);
    assert_eq!(deleted(&response), ["team-a/ok"]);
    let refused: Vec<_> = errors(&response).into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        refused,
        [
            "team-a/../team-b/x",
            "team-a/../team-b/y",
            "team-a/x/../../closed",
            "team-a/closed/x",
            "team-a//closed/x",
            "/team-a/x",
            "team-a",
            "team-a%2Fx",
            "../pond/team-a/x",
            "Team-a/x",
        ]
    );
}

#[test]
fn b07_a_version_in_a_document_needs_the_action_on_versions() {
    let objects = [
        "<Key>team-a/x</Key><VersionId>v1</VersionId>",
        "<Key>team-a/x</Key>",
        "<VersionId>null</VersionId><Key>team-a/x</Key>",
    ];
    let world = deletes_all();
    let response = send(&world, &alice(), &document(&objects));
    assert_eq!(each(&world.seen()[0], "Object"), ["<Key>team-a/x</Key>"]);
    assert!(response.message().contains("fs:DeleteObjectVersion"), "{}", response.text());
    let refused = within(&response.text(), "Error");
    assert!(refused[0].starts_with(objects[0]), "{refused:?}");
    assert_eq!(refused.len(), 2);

    let world = deletes_all();
    let response = send(&world, &admin(), &document(&objects));
    let up = each(&world.seen()[0], "Object");
    assert_eq!(up[..2], objects[..2]);
    assert_eq!(up[2], "<Key>team-a/x</Key><VersionId>null</VersionId>");
    assert_eq!(within(&response.text(), "Deleted"), up);
}

#[test]
fn b06_where_nothing_is_left_nothing_goes_up_and_each_key_is_told() {
    let world = Watched::new();
    for key in [viewer(), nobody()] {
        for document in [keys(&["there", "not-there"]), quiet(&keys(&["there", "not-there"]))] {
            let response = send(&world, &key, &document);
            assert_eq!(response.status(), 200);
            assert_eq!(response.head.header("content-type"), Some("application/xml"));
            let denied = |key: &str| (key.to_owned(), "AccessDenied".to_owned());
            assert_eq!(errors(&response), [denied("there"), denied("not-there")]);
            // No word of whether it exists.
            let told = within(&response.text(), "Error");
            assert_eq!(told[0], told[1].replace("not-there", "there"));
        }
    }
    world.assert_nothing_went_up();
    let line =
        world.gateway.wait_for_audit("the deletion", |line| line["operation"] == "DeleteObjects");
    assert_eq!(line["objects"], serde_json::json!({"permitted": 0, "refused": 2, "failed": null}));
    assert_eq!((&line["outcome"], &line["code"]), (&"refused".into(), &"AccessDenied".into()));
}

#[test]
fn b06_quiet_leaves_out_what_was_done_and_tells_every_error() {
    let world = Watched::answering(|request| match request.head.word(0) {
        "POST" => {
            let told = |name: &str, object: &str| format!("<{name}>{object}</{name}>");
            let error = "<Key>team-a/held</Key><Code>InvalidObjectState</Code><Message>m</Message>";
            let deleted = told("Deleted", "<Key>team-a/x</Key>");
            Answer::ok(told("DeleteResult", &(told("Error", error) + &deleted)).as_bytes())
        }
        _ => Answer::ok(b""),
    });
    let document = keys(&["team-a/x", "team-b/y", "team-a/held"]);
    let told =
        |response: &Response| errors(response).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    let aloud = send(&world, &alice(), &document);
    assert_eq!(
        (deleted(&aloud), told(&aloud)),
        (vec!["team-a/x".to_owned()], vec!["team-a/held".to_owned(), "team-b/y".to_owned()])
    );
    let quietly = send(&world, &alice(), &quiet(&document));
    assert_eq!((deleted(&quietly), told(&quietly)), (vec![], told(&aloud)));
    let asks = |request| within(&String::from_utf8_lossy(request), "Quiet");
    let seen = world.seen();
    assert_eq!((asks(&seen[0].start), asks(&seen[1].start)), (vec![], vec!["true".to_owned()]));
}

#[test]
fn b09_governance_is_bypassed_for_keys_where_that_is_allowed() {
    let world = Watched::ready(
        Recorder::answering(|request| match request.head.word(0) {
            "POST" => Answer::ok(result(&each(request, "Object"), "Deleted").as_bytes()),
            _ => Answer::ok(b""),
        }),
        |site| {
            site.write("identities.yaml", BYPASS);
            site.apply();
            site
        },
    );
    let document = keys(&["a/x", "b/x"]);
    let send = |value: &str| {
        let draft = draft(&nobody(), document.as_bytes())
            .header("content-md5", content_md5(document.as_bytes()))
            .header("x-amz-bypass-governance-retention", value);
        world.gateway.send(&draft, document.as_bytes())
    };
    let bypassed = send("true");
    assert_eq!(deleted(&bypassed), ["a/x"]);
    assert!(bypassed.message().contains("fs:BypassGovernanceRetention"), "{}", bypassed.text());
    assert_eq!(deleted(&send("false")), ["a/x", "b/x"]);
    let seen = world.seen();
    let said = |n: usize| seen[n].head.header("x-amz-bypass-governance-retention");
    assert_eq!((said(0), said(1)), (Some("true"), None));
}

#[test]
fn a_deletion_needs_a_checksum_and_every_one_that_it_has_holds() {
    let world = deletes_all();
    let body = keys(&["a"]);
    let body = body.as_bytes();
    let md5 = ("content-md5", content_md5(body));
    let sha256 = (SHA256, checksum(body));
    for (payload, headers) in [
        (None, vec![md5.clone()]),
        (None, vec![sha256.clone()]),
        (Some(UNSIGNED), vec![md5.clone()]),
        (Some(UNSIGNED), vec![sha256.clone(), ("x-amz-sdk-checksum-algorithm", "SHA256".into())]),
        (None, vec![md5.clone(), sha256.clone(), ("content-type", "application/xml".into())]),
    ] {
        let response = send_with(&world, body, payload, &headers);
        assert_eq!(response.status(), 200, "{payload:?} {headers:?}: {}", response.text());
    }
    let went_up = world.seen().len();
    let crc32 = |text: &str| ("x-amz-checksum-crc32", text.to_owned());
    for (payload, headers, status, code) in [
        (None, vec![], 400, "InvalidRequest"),
        (Some(UNSIGNED), vec![("content-type", "application/xml".into())], 400, "InvalidRequest"),
        (None, vec![("content-md5", content_md5(b"another"))], 400, "BadDigest"),
        (Some(UNSIGNED), vec![("content-md5", content_md5(b"another"))], 400, "BadDigest"),
        (None, vec![("content-md5", "AAAA".into())], 400, "InvalidDigest"),
        (None, vec![(SHA256, checksum(b"another"))], 400, "BadDigest"),
        (None, vec![md5.clone(), crc32("AAAAAA==")], 400, "BadDigest"),
        (None, vec![md5.clone(), crc32("AAAA")], 400, "InvalidRequest"),
        (Some(NOT_ITS_HASH), vec![md5.clone()], 400, "XAmzContentSHA256Mismatch"),
        (None, vec![("x-amz-checksum-xxhash64", "AAAA".into())], 501, "NotImplemented"),
        (None, vec![md5.clone(), ("x-amz-mfa", "1 2".into())], 501, "NotImplemented"),
    ] {
        let response = send_with(&world, body, payload, &headers);
        assert_refused(&response, status, code, &format!("{payload:?} {headers:?}"));
    }
    assert_eq!(world.seen().len(), went_up);
}

#[test]
fn a_deletion_comes_in_every_payload_mode_and_form_of_signature() {
    let world = deletes_all();
    let body = keys(&["a", "b"]).into_bytes();
    for mode in Mode::ALL {
        for has_length in [true, false] {
            if !has_length && !mode.is_framed() {
                continue;
            }
            let mut framed = Body::put(&admin(), "/lake?delete", mode, &body);
            framed.draft.method = "POST";
            framed.has_length = has_length;
            if framed.trailer.is_none() {
                framed.draft = framed.draft.header("content-md5", content_md5(&body));
            }
            let response = framed.send(world.gateway.s3);
            assert_eq!(deleted(&response), ["a", "b"], "{mode:?}: {}", response.text());
            let mut spoilt = framed.sign(world.gateway.s3);
            let data = &mut spoilt.parts[0].data;
            *data = String::from_utf8(data.clone()).unwrap().replace("<Key>a<", "<Key>c<").into();
            assert!(spoilt.send(world.gateway.s3).status() >= 400, "{mode:?}");
        }
    }
    for form in FORMS {
        let draft = Draft { payload: UNSIGNED.to_owned(), ..draft(&admin(), &body) };
        let draft = draft.header("content-md5", content_md5(&body));
        let response = form.sign(&draft, world.gateway.s3).send(world.gateway.s3, &body);
        assert_eq!(deleted(&response), ["a", "b"], "{form:?}: {}", response.text());
        let mut spoilt = form.sign(&draft, world.gateway.s3);
        spoilt.target = spoilt.target.replace("delete", "uploads");
        assert!(spoilt.send(world.gateway.s3, &body).status() >= 400, "{form:?}");
    }
    let seen = world.seen();
    assert_eq!(seen.len(), 5 + 3 + FORMS.len());
    for request in seen {
        assert_eq!(each(&request, "Key"), ["a", "b"]);
        assert_eq!(
            request.head.header("x-amz-content-sha256"),
            Some(sha256(&request.start).as_str())
        );
        assert_eq!(request.head.header("x-amz-decoded-content-length"), None);
    }
}

#[test]
fn what_the_upstream_says_is_passed_on_in_our_words_and_only_of_what_it_was_sent() {
    let answering = |answer: &'static str| {
        let world = Watched::answering(move |request| match request.head.word(0) {
            "POST" => Answer::ok(answer.as_bytes()),
            _ => Answer::ok(b""),
        });
        let response = send(&world, &admin(), &keys(&["a", "b"]));
        let audit = world
            .gateway
            .wait_for_audit("the deletion", |line| line["operation"] == "DeleteObjects");
        (response, audit)
    };
    let (response, audit) = answering(
        "<DeleteResult xmlns=\"x\"><Error><Key>b</Key><VersionId/><Code>InternalError</Code><Message>10.0.0.1</Message>\
         </Error>\n<Deleted><DeleteMarkerVersionId>m&amp;</DeleteMarkerVersionId><DeleteMarker>true</DeleteMarker><Key>a</Key>\
         <Owner>STOREROOT</Owner></Deleted></DeleteResult>",
    );
    assert_eq!(
        response.text().lines().last().unwrap(),
        "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Deleted><Key>a</Key><DeleteMarker>true</DeleteMarker>\
         <DeleteMarkerVersionId>m&amp;</DeleteMarkerVersionId></Deleted><Error><Key>b</Key><Code>InternalError</Code><Message>The \
         store met an internal error. Please try again.</Message></Error></DeleteResult>"
    );
    assert_eq!(audit["objects"]["failed"], 1);
    for answer in [
        "<DeleteResult><Deleted><Key>c</Key></Deleted></DeleteResult>",
        "<DeleteResult><Error><Key>A</Key><Code>InternalError</Code></Error></DeleteResult>",
        "<DeleteResult><Deleted/></DeleteResult>",
        "<DeleteResult>",
        "<ListBucketResult/>",
        "<!DOCTYPE a><DeleteResult/>",
        "",
    ] {
        let (response, audit) = answering(answer);
        assert_refused(&response, 502, "InternalError", answer);
        assert_eq!(audit["outcome"], "upstream_error", "{answer}");
    }
    let (response, _) = answering(
        "<DeleteResult><Error><Key>a</Key><Code>SignatureDoesNotMatch</Code></Error></DeleteResult>",
    );
    assert_refused(&response, 503, "ServiceUnavailable", "our credential");
}

#[test]
fn b24_an_error_behind_a_status_of_200_is_an_error_of_the_deletion() {
    for (code, status) in [("InternalError", 500), ("SlowDown", 503)] {
        let world = Watched::answering(move |request| match request.head.word(0) {
            "POST" => Answer { status: 200, ..Answer::refusal(500, code) },
            _ => Answer::ok(b""),
        });
        let response = send(&world, &admin(), &keys(&["a"]));
        assert_refused(&response, status, code, code);
        let line = world
            .gateway
            .wait_for_audit("the deletion", |line| line["operation"] == "DeleteObjects");
        assert_eq!((&line["outcome"], &line["code"]), (&"upstream_error".into(), &code.into()));
    }
}

fn send_with(
    world: &Watched,
    body: &[u8],
    payload: Option<&str>,
    headers: &[(&'static str, String)],
) -> Response {
    let mut draft = draft(&admin(), body);
    if let Some(payload) = payload {
        payload.clone_into(&mut draft.payload);
    }
    for (name, value) in headers {
        draft = draft.header(name, value);
    }
    world.gateway.send(&draft, body)
}

/// The keys that an answer says are deleted, as XML has them.
fn deleted(response: &Response) -> Vec<String> {
    let deleted = within(&response.text(), "Deleted");
    deleted.iter().flat_map(|object| within(object, "Key")).collect()
}

/// The keys that an answer says are not, each with the code.
fn errors(response: &Response) -> Vec<(String, String)> {
    let one = |error: &String, name| within(error, name).concat();
    within(&response.text(), "Error").iter().map(|e| (one(e, "Key"), one(e, "Code"))).collect()
}

const NOT_ITS_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Who may delete everything, and bypass governance below `a/`.
const BYPASS: &str = "
policies:
- {id: Delete, statement: [{action: 'fs:DeleteObject', effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/*'}]}
- {id: Bypass, statement: [{action: 'fs:BypassGovernanceRetention', effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/a/*'}]}
users:
- {id: nobody, policies: [Delete, Bypass]}
";
