//! Identity and access control in front of any S3 store: the program.
//!
//! It ends with 0 when all went well, with 1 when something failed while it ran, and with 2 when a
//! configuration, a document or the command line was wrong.

mod cli;
mod clock;
mod commands;
mod config;
mod secrets;
mod yaml;

use std::{
    error::Error,
    fmt::Display,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use clap::Parser;
use store::Prune;

use crate::{
    cli::{Cli, Command},
    commands::apply::{Failure, Mode, Request},
    config::{Config, Environment},
};

fn main() -> ExitCode {
    let command = Cli::parse().command;
    match command {
        #[cfg(feature = "quickstart")]
        Command::Quickstart(quickstart) => {
            commands::quickstart::run(quickstart.data, quickstart.port)
        }
        Command::Serve(configured) => match load(&configured.config) {
            Ok(config) => commands::serve::run(config),
            Err(code) => code,
        },
        Command::CheckConfig(configured) => match load(&configured.config) {
            Ok(config) => match commands::check_config::run(&config, &mut io::stdout().lock()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => failed(&error),
            },
            Err(code) => code,
        },
        Command::Apply(command) => apply(&command),
    }
}

fn apply(apply: &cli::Apply) -> ExitCode {
    let (Some(path), None) = (&apply.config, &apply.endpoint) else {
        return wrong([ENDPOINT_NOT_BUILT]);
    };
    let config = match load(path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let request = Request {
        file: &apply.file,
        prune: if apply.prune { Prune::Delete } else { Prune::Keep },
        mode: if apply.dry_run { Mode::DryRun } else { Mode::Change },
    };
    match commands::apply::run(&config, &request, clock::now(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Wrong(faults)) => wrong(faults),
        Err(Failure::Store(error)) => failed(&error),
        Err(Failure::Io(error)) => failed(&error),
    }
}

/// The configuration at `path` under the process's environment; its warnings or faults are printed.
fn load(path: &Path) -> Result<Config, ExitCode> {
    match Config::load(path, &Environment::of_process()) {
        Ok((config, warnings)) => {
            for warning in warnings {
                complain(&format_args!("warning: {warning}"));
            }
            Ok(config)
        }
        Err(faults) => Err(wrong(faults)),
    }
}

fn wrong<T: Display>(faults: impl IntoIterator<Item = T>) -> ExitCode {
    for fault in faults {
        complain(&fault);
    }
    ExitCode::from(WRONG)
}

/// Tells of `error` and what caused it.
fn failed(error: &dyn Error) -> ExitCode {
    let mut line = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    complain(&line);
    ExitCode::FAILURE
}

/// A line on standard error. If nobody reads it, there is nobody left to tell.
fn complain(line: &dyn Display) {
    drop(writeln!(io::stderr().lock(), "{line}"));
}

/// The exit code for a wrong configuration, document or command line.
const WRONG: u8 = 2;

const ENDPOINT_NOT_BUILT: &str = "--endpoint: not built yet: going through the API; `apply` opens the store of `--config` while no \
     gateway runs";
