//! What `lakegate policy` says of a request is what the gateway does with it, whatever the policies and the request.

mod people;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

use people::{Person, people};
use requests::{Answers, Asked, BUCKETS};
use serde_json::Value;

use crate::harness::{
    buckets,
    deletion::{each, result, within},
    dice::Dice,
    http::{Connection, Response},
    recorder::{Answer, Recorder, Request},
    site::Ended,
    world::Watched,
};

#[test]
#[expect(clippy::print_stdout, reason = "a run by hand is told which requests it had")]
fn h17_explain_test_and_who_can_answer_as_the_gateway_does() {
    let (mut left, seed) = (setting("LAKEGATE_REQUEST_CASES"), setting("LAKEGATE_REQUEST_SEED"));
    let mut seed = seed.unwrap_or(7);
    let mut told = BTreeMap::<&str, [usize; 2]>::new();
    loop {
        let count = left.unwrap_or(IN_A_WORLD).min(IN_A_WORLD);
        println!("{count} requests of seed {seed}");
        let world = Simulated::new(seed);
        world.compare(count, &mut told);
        left = Some(left.unwrap_or(IN_A_WORLD).saturating_sub(count));
        seed = seed.wrapping_add(1);
        if left == Some(0) {
            break;
        }
    }
    println!("denied and allowed: {told:?}");
    for (kind, [denied, allowed]) in &told {
        let is_rare = denied + allowed < 100;
        assert!(is_rare || *denied.min(allowed) > 0, "{kind}: {denied} denied, {allowed} allowed");
    }
}

/// Random people at a gateway, and in the files of the simulator.
struct Simulated {
    world: Watched,
    identities: Value,
    people: Vec<Person>,
    seed: u64,
}

/// What the gateway did, as cases.
#[derive(Default)]
struct Cases {
    /// What has one answer.
    single: Vec<Value>,
    /// The two questions of each copy that was refused: one of them, if not both, is to be denied.
    halves: Vec<Value>,
}

impl Simulated {
    fn new(seed: u64) -> Self {
        let (identities, people) = people(&mut Dice::of(seed));
        let world = Watched::ready(Recorder::answering(answer), |site| {
            site.configure("store:\n", "trusted_proxies: [127.0.0.1]\nstore:\n");
            site.write("identities.yaml", &identities.to_string());
            site.apply();
            site
        });
        Self { world, identities, people, seed }
    }

    fn compare(&self, count: usize, told: &mut BTreeMap<&'static str, [usize; 2]>) {
        let mut dice = Dice::of(self.seed.wrapping_add(1 << 32));
        let mut connection = self.world.gateway.connect();
        let mut cases = Cases::default();
        for number in 0..count {
            let asked = Asked::random(&mut dice, &self.people);
            let person = dice.one_of(&self.people);
            let answers = self.send(&asked, &person, &mut connection);
            for is_allowed in &answers {
                told.entry(asked.kind).or_default()[usize::from(*is_allowed)] += 1;
            }
            if number % (count / SAMPLES).max(1) == 0 {
                self.explain(&asked, &person, &answers);
                self.who_can(&asked, &mut connection);
            }
            cases.add(&asked, &person, &answers);
        }
        self.test(cases);
    }

    /// Whether the gateway says yes to each of the questions, or to all of them together.
    fn send(&self, asked: &Asked, person: &Person, connection: &mut Connection) -> Vec<bool> {
        let Watched { gateway, recorder, .. } = &self.world;
        drop(recorder.take());
        let response = asked.sign(person, gateway.s3).send_on(connection, asked.body.as_bytes());
        if response.head.header("connection") == Some("close") {
            *connection = gateway.connect();
        }
        let up = recorder.take();
        let what =
            || format!("{} {asked:#?}: {} {}", person.name, response.head.first, response.text());
        if response.status() == 403 {
            assert!(up.is_empty(), "it went up: {}", what());
            let is_decided = response.body.is_empty() || response.code() == "AccessDenied";
            assert!(is_decided || person.is_disabled, "{}", what());
            return asked.none();
        }
        match &asked.answers {
            Answers::Together => {
                assert_eq!(up.len(), 1, "{}", what());
                vec![true]
            }
            Answers::Keys(keys) => {
                assert_eq!(response.status(), 200, "{}", what());
                let denied = denied(&response);
                let sent: Vec<_> = up.iter().flat_map(|request| each(request, "Key")).collect();
                let answers: Vec<_> = keys.iter().map(|key| !denied.contains(key)).collect();
                let allowed = keys.iter().filter(|key| !denied.contains(*key));
                assert!(allowed.eq(&sent), "{sent:?} went up: {}", what());
                answers
            }
            Answers::Buckets => {
                let shown = buckets::names(&response);
                BUCKETS.iter().map(|bucket| shown.iter().any(|name| name == bucket)).collect()
            }
        }
    }

    /// `policy test` passes all that the gateway did.
    fn test(&self, cases: Cases) {
        let Cases { single, halves } = cases;
        let all = format!("{} passed, 0 failed\n", single.len());
        let ended = self.run_test(single);
        let start: String = ended.stdout.chars().take(2000).collect();
        assert_eq!((ended.code, start.as_str()), (Some(0), all.as_str()), "seed {}", self.seed);
        if halves.is_empty() {
            return;
        }
        let refused = halves.len() / 2;
        let ended = self.run_test(halves);
        let failed = ended.stdout.lines().filter_map(|line| {
            let (index, rest) = line.strip_prefix("cases[")?.split_once(']')?;
            rest.starts_with(": expected allow, got deny")
                .then(|| index.parse::<usize>().unwrap() / 2)
        });
        let failed: BTreeSet<_> = failed.collect();
        assert_eq!(failed.len(), refused, "seed {}: a copy was refused that is allowed", self.seed);
    }

    fn run_test(&self, cases: Vec<Value>) -> Ended {
        let mut file = self.identities.clone();
        file["cases"] = Value::Array(cases);
        self.world.site.write("cases.yaml", &file.to_string());
        self.world.site.run(&["policy", "test", "cases.yaml"])
    }

    fn explain(&self, asked: &Asked, person: &Person, answers: &[bool]) {
        if answers.len() != asked.questions.len() {
            return;
        }
        for (question, is_allowed) in answers.iter().enumerate() {
            let options = ["policy", "explain", "identities.yaml", "--user", &person.name];
            let ended = self.run(&options, &asked.words(question));
            let answer = if *is_allowed { "allow: " } else { "deny: " };
            assert!(ended.stdout.starts_with(answer), "not {answer}{asked:#?}: {ended:#?}");
        }
    }

    /// Those whom `who-can` names are those whom the gateway lets.
    fn who_can(&self, asked: &Asked, connection: &mut Connection) {
        if asked.questions.len() != 1 {
            return;
        }
        let ended = self.run(&["policy", "who-can", "identities.yaml"], &asked.words(0));
        let named = ended.stdout.lines().filter_map(|line| Some(line.split_once(": ")?.0));
        let named: BTreeSet<_> = named.collect();
        let can = self.people.iter().filter(|person| self.send(asked, person, connection)[0]);
        let can: BTreeSet<_> = can.map(|person| person.name.as_str()).collect();
        assert_eq!(named, can, "{asked:#?}: {ended:#?}");
    }

    fn run(&self, options: &[&str], words: &[String]) -> Ended {
        let words: Vec<_> =
            options.iter().copied().chain(words.iter().map(String::as_str)).collect();
        self.world.site.run(&words)
    }
}

impl Asked {
    fn none(&self) -> Vec<bool> {
        match &self.answers {
            Answers::Together => vec![false],
            Answers::Keys(_) | Answers::Buckets => vec![false; self.questions.len()],
        }
    }
}

impl Cases {
    fn add(&mut self, asked: &Asked, person: &Person, answers: &[bool]) {
        let is_refused_whole = answers == [false] && asked.questions.len() > 1;
        for question in 0..asked.questions.len() {
            let is_allowed = answers.get(question).or(answers.first()) == Some(&true);
            if is_refused_whole {
                self.halves.push(asked.case(person, question, "allow"));
            } else {
                let expect = if is_allowed { "allow" } else { "deny" };
                self.single.push(asked.case(person, question, expect));
            }
        }
    }
}

/// The keys that a caller may not delete.
fn denied(response: &Response) -> Vec<String> {
    let errors = within(&response.text(), "Error");
    errors
        .iter()
        .map(|error| {
            assert!(error.contains("<Code>AccessDenied</Code>"), "{error}");
            within(error, "Key").concat()
        })
        .collect()
}

/// A store that has all buckets and deletes all objects.
fn answer(request: &Request) -> Answer {
    match (request.head.word(0), request.head.word(1)) {
        ("GET", "/") => Answer::ok(buckets::document(&BUCKETS.join(" "), "").as_bytes()),
        ("POST", target) if target.contains("?delete") => {
            Answer::ok(result(&each(request, "Object"), "Deleted").as_bytes())
        }
        _ => Answer::ok(b""),
    }
}

/// From the environment, for runs by hand by `tests/request-cases`.
#[expect(clippy::disallowed_methods, reason = "whoever runs the test sets what it runs")]
fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().map(|text| text.parse().ok().expect("a number"))
}

/// How many requests the same people make.
const IN_A_WORLD: usize = 3000;

/// Of how many of them `explain` and `who-can` are asked.
const SAMPLES: usize = 12;
