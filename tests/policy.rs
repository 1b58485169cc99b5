//! Policies as callers meet them: the documents of the file decide what a request to a real store may do.

use crate::harness::{
    Key,
    gateway::Gateway,
    sign::Draft,
    site::{Site, admin},
    versitygw::VersityGw,
};

#[test]
fn a_listing_is_allowed_by_a_pattern_that_covers_its_prefix_and_by_no_narrower_one() {
    let world = World::with("team", TEAM);
    for (target, status) in [
        ("/lake?list-type=2&prefix=team-a%2F", 200),
        ("/lake?prefix=team-a%2Fdeep%2F&delimiter=%2F", 200),
        ("/lake?list-type=2&prefix=team-a", 403),
        ("/lake?list-type=2&prefix=team-b%2F", 403),
        ("/lake?list-type=2", 403),
        ("/lake?list-type=2&delimiter=%2F", 403),
    ] {
        assert_eq!(world.status("GET", target), status, "{target}");
    }
    let listed = world.send("GET", "/lake?list-type=2&prefix=team-a%2F").text();
    assert!(listed.contains("<Key>team-a/x</Key>") && !listed.contains("team-b"), "{listed}");
}

#[test]
fn deny_wins_over_allow_on_keys_and_on_listings() {
    let world = World::with("carl", CARL);
    for (method, target, status) in [
        ("GET", "/lake/team-a/x", 200),
        ("GET", "/lake/priv/x", 403),
        ("PUT", "/lake/priv/new", 403),
        ("DELETE", "/lake/priv/x", 403),
        ("GET", "/lake?list-type=2&prefix=priv%2F", 403),
        ("GET", "/lake?list-type=2&prefix=team-a%2F", 200),
    ] {
        assert_eq!(world.status(method, target), status, "{method} {target}");
    }
    assert!(world.store.has("lake", "priv/x") && !world.store.has("lake", "priv/new"));
}

#[test]
fn b01_a_store_that_cleans_paths_gives_no_way_round_a_prefix_or_a_deny() {
    let team = World::with("team", TEAM);
    for (method, target) in [
        ("GET", "/lake/team-a/../priv/x"),
        ("GET", "/lake/team-a//../priv/x"),
        ("GET", "/lake/team-a/./../priv/x"),
        ("PUT", "/lake/team-a/../priv/new"),
        ("DELETE", "/lake/team-a/../priv/x"),
        ("GET", "/lake/team-a/../../pond/x"),
        ("GET", "/lake?list-type=2&prefix=team-a%2F..%2Fpriv%2F"),
    ] {
        assert_eq!(team.status(method, target), 403, "{method} {target}");
    }
    assert!(team.store.has("lake", "priv/x") && !team.store.has("lake", "priv/new"));
    let carl = World::with("carl", CARL);
    for target in ["/lake//priv/x", "/lake/./priv/x", "/lake/a/../priv/x", "/lake/priv//x"] {
        assert_eq!(carl.status("GET", target), 403, "{target}");
    }
}

#[test]
fn the_users_name_stands_for_itself_in_a_pattern() {
    let world = World::with("home", HOME);
    for (method, target, status) in [
        ("PUT", "/lake/home/home/x", 200),
        ("GET", "/lake/home/home/x", 200),
        ("PUT", "/lake/home/other/x", 403),
        ("PUT", "/lake/home/$%7Buser%7D/x", 403),
        ("GET", "/lake?list-type=2&prefix=home%2Fhome%2F", 200),
        ("GET", "/lake?list-type=2&prefix=home%2F", 403),
    ] {
        assert_eq!(world.status(method, target), status, "{method} {target}");
    }
}

#[test]
fn the_clients_address_meets_the_conditions() {
    for (condition, status) in [
        ("IpAddress: {SourceIp: [127.0.0.0/8]}", 200),
        ("IpAddress: {aws:SourceIp: [10.0.0.0/8, 127.0.0.1]}", 200),
        ("IpAddress: {SourceIp: [10.0.0.0/8]}", 403),
        ("NotIpAddress: {SourceIp: [10.0.0.0/8]}", 200),
        ("NotIpAddress: {SourceIp: [127.0.0.1/32]}", 403),
    ] {
        let policy = format!(
            "[{{action: ['fs:ReadObject'], effect: allow, resource: '*', condition: {{{condition}}}}}]"
        );
        let world = World::with("near", &policy);
        assert_eq!(world.status("GET", "/lake/team-a/x"), status, "{condition}");
    }
}

#[test]
fn b14_a_list_of_buckets_shows_what_the_caller_can_reach_and_names_no_other() {
    let reader = |resource: &str| {
        format!("[{{action: ['fs:ReadObject'], effect: allow, resource: '{resource}'}}]")
    };
    for (policy, shown) in [
        (reader("arn:lakefs:fs:::repository/lake/object/team-a/*"), "lake"),
        (reader("arn:lakefs:fs:::repository/pond/object/*"), "pond"),
        (reader("arn:lakefs:fs:::repository/sea/object/*"), ""),
        (ALL.to_owned(), "lake pond"),
    ] {
        let world = World::with("some", &policy);
        for target in ["/", "/?max-buckets=1"] {
            let listed = world.send("GET", target);
            assert_eq!(listed.status(), 200, "{policy} {target}");
            for bucket in ["lake", "pond"] {
                let is_first = target == "/" || bucket == "lake" || policy != ALL;
                let is_shown = listed.text().contains(&format!("<Name>{bucket}</Name>"));
                let may_show = shown.contains(bucket);
                assert!(!is_shown || may_show, "{policy} {target}: {}", listed.text());
                assert!(is_shown || !may_show || !is_first, "{policy} {target}: {}", listed.text());
            }
        }
    }
}

#[test]
fn a_condition_on_prefix_and_delimiter_holds_for_listings_that_have_them() {
    let condition = "{StringEquals: {'s3:prefix': 'team-a/', Delimiter: '/'}}";
    let world = World::with("lister", &allowed_if("fs:ListObjects", condition));
    for (target, status) in [
        ("/lake?list-type=2&prefix=team-a%2F&delimiter=%2F", 200),
        ("/lake?prefix=team-a%2F&delimiter=%2F", 200),
        ("/lake?list-type=2&prefix=team-a%2F", 403),
        ("/lake?list-type=2&prefix=team-b%2F&delimiter=%2F", 403),
        ("/lake?list-type=2&delimiter=%2F", 403),
        ("/lake?list-type=2", 403),
    ] {
        assert_eq!(world.status("GET", target), status, "{target}");
    }
}

#[test]
fn b01_a_store_that_cleans_paths_gives_no_way_round_a_condition_on_a_prefix() {
    let inside = "{StringLike: {Prefix: 'team-a/*'}}";
    let team = World::with("lister", &allowed_if("fs:ListObjects", inside));
    let outside = "[{action: ['fs:*'], effect: allow, resource: '*'}, {action: ['fs:ListObjects'], \
                   effect: deny, resource: '*', condition: {StringLike: {Prefix: 'priv/*'}}}]";
    let carl = World::with("carl", outside);
    for (world, prefix, status) in [
        (&team, "team-a%2F", 200),
        (&team, "team-a%2F..%2Fpriv%2F", 403),
        (&team, "team-a%2F..%2F..%2Fpond%2F", 403),
        (&team, "team-a%2F..%2F..", 403),
        (&carl, "team-a%2F", 200),
        (&carl, "priv%2F", 403),
        (&carl, "team-a%2F..%2Fpriv%2F", 403),
        (&carl, ".%2Fpriv%2F%2F", 403),
    ] {
        let target = format!("/lake?list-type=2&prefix={prefix}");
        assert_eq!(world.status("GET", &target), status, "{target}");
    }
}

#[test]
fn a_condition_on_the_user_agent_holds_for_programs_that_say_so() {
    let condition = "{StringLike: {UserAgent: 'aws-cli/*'}}";
    let world = World::with("tools", &allowed_if("fs:ReadObject", condition));
    let with = |agent: &str| {
        let draft = Draft::new(&world.key, "GET", "/lake/team-a/x").header("user-agent", agent);
        draft.send(world.gateway.s3, b"").status()
    };
    assert_eq!(with("aws-cli/2.9.19 Python/3.11"), 200);
    assert_eq!(with("curl/8"), 403);
    assert_eq!(world.status("GET", "/lake/team-a/x"), 403, "without a user agent");
}

#[test]
fn a_condition_on_the_time_holds_before_or_after_it() {
    for (operator, status) in [("DateGreaterThan", 200), ("DateLessThan", 403)] {
        let condition = format!("{{{operator}: {{'aws:CurrentTime': '2020-01-01T00:00:00Z'}}}}");
        let world = World::with("timed", &allowed_if("fs:ReadObject", &condition));
        assert_eq!(world.status("GET", "/lake/team-a/x"), status, "{operator}");
    }
}

#[test]
fn a_condition_on_tls_holds_for_connections_that_have_it() {
    let condition = "{Bool: {SecureTransport: 'true'}}";
    let plain = World::with("guarded", &allowed_if("fs:ReadObject", condition));
    assert_eq!(plain.status("GET", "/lake/team-a/x"), 403);
    let secure = World::at("guarded", &allowed_if("fs:ReadObject", condition), Site::over_tls);
    let draft = Draft::new(&secure.key, "GET", "/lake/team-a/x");
    assert_eq!(secure.gateway.send(&draft, b"").status(), 200);
}

/// One statement: this action on everything in the bucket `lake`, where `condition` holds.
fn allowed_if(action: &str, condition: &str) -> String {
    format!(
        "[{{action: ['{action}'], effect: allow, resource: 'arn:lakefs:fs:::repository/lake*', \
         condition: {condition}}}]"
    )
}

/// A store with some objects, and one user with one policy.
struct World {
    gateway: Gateway,
    store: VersityGw,
    key: Key,
    _site: Site,
}

impl World {
    fn with(user: &str, statements: &str) -> Self {
        Self::at(user, statements, |site| site)
    }

    /// The same at a site that was made ready so.
    fn at(user: &str, statements: &str, ready: impl FnOnce(Site) -> Site) -> Self {
        let store = VersityGw::start();
        for bucket in ["lake", "pond"] {
            store.make_bucket(bucket);
        }
        let key = Key::new("TESTONEUSER00001", "one-user-secret-0123456789-abcdefghijklm");
        let site = ready(Site::new(&store.upstream));
        let credential = |key: &Key| {
            format!("[{{access_key_id: {}, secret_access_key: {}}}]", key.id, key.secret)
        };
        site.write(
            "identities.yaml",
            &format!(
                "policies:\n- {{id: Tried, statement: {statements}}}\nusers:\n\
                 - {{id: {user}, policies: [Tried], credentials: {}}}\n\
                 - {{id: root, groups: [Admins], credentials: {}}}\n",
                credential(&key),
                credential(&admin()),
            ),
        );
        site.apply();
        let world = Self { gateway: site.serve(), store, key, _site: site };
        for target in ["/lake/team-a/x", "/lake/team-b/x", "/lake/priv/x", "/pond/x"] {
            let put = world.gateway.send(&Draft::put(&admin(), target, b"x"), b"x");
            assert_eq!(put.status(), 200, "{target}");
        }
        world
    }

    fn send(&self, method: &'static str, target: &str) -> crate::harness::http::Response {
        Draft::new(&self.key, method, target)
            .header("content-length", "0")
            .send(self.gateway.s3, b"")
    }

    fn status(&self, method: &'static str, target: &str) -> u16 {
        self.send(method, target).status()
    }
}

const ALL: &str = "[{action: ['fs:*'], effect: allow, resource: '*'}]";

const TEAM: &str = "[{action: ['fs:ListObjects', 'fs:ReadObject', 'fs:WriteObject', 'fs:DeleteObject'], \
                    effect: allow, resource: 'arn:lakefs:fs:::repository/lake/object/team-a/*'}]";

const CARL: &str = "[{action: ['fs:*'], effect: allow, resource: '*'}, \
                    {action: ['fs:*'], effect: deny, resource: 'arn:lakefs:fs:::repository/lake/object/priv/*'}]";

const HOME: &str = "[{action: ['fs:*'], effect: allow, \
                    resource: 'arn:lakefs:fs:::repository/lake/object/home/${user}/*'}]";
