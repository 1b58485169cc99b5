//! Identity and access control in front of any S3 store: the program.
//!
//! It ends with 0 when all went well, with 1 when something failed while it ran, and with 2 when a
//! configuration, a document or the command line was wrong.

mod aws;
mod cli;
mod clock;
mod commands;
mod config;
mod identities;
mod logs;
#[cfg(feature = "quickstart")]
mod quickstart;
mod secrets;
mod serve;
mod tls;
mod yaml;

use std::{
    error::Error,
    fmt::Display,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use clap::Parser;
use store::{Prune, Secrets};

use crate::{
    aws::Variables,
    cli::{Cli, Command},
    commands::{
        Failure,
        apply::{Mode, Request, Streams},
        policy::Verdict,
    },
    config::{Config, Environment, Fault, Loaded},
};

fn main() -> ExitCode {
    let command = Cli::parse().command;
    match command {
        #[cfg(feature = "quickstart")]
        Command::Quickstart(quickstart) => {
            logs::start();
            ended(commands::quickstart::run(&quickstart.data, quickstart.port))
        }
        Command::Serve(configured) => match load(&configured.config) {
            Ok((config, warnings)) => {
                logs::start();
                for warning in warnings {
                    tracing::warn!("{warning}");
                }
                ended(commands::serve::run(config))
            }
            Err(code) => code,
        },
        Command::CheckConfig(configured) => match load(&configured.config) {
            Ok((config, warnings)) => {
                warn(&warnings);
                let faults = commands::check_config::faults(&config, &configured.config);
                if !faults.is_empty() {
                    return wrong(faults);
                }
                match commands::check_config::run(&config, &mut io::stdout().lock()) {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(error) => failed(&error),
                }
            }
            Err(code) => code,
        },
        Command::Apply(command) => apply(&command),
        Command::Export(command) => export(&command),
        Command::Presign(command) => presign(&command),
        Command::Policy(command) => policy(&command),
    }
}

fn apply(apply: &cli::Apply) -> ExitCode {
    let (Some(path), None) = (&apply.config, &apply.endpoint) else {
        return wrong([ENDPOINT_NOT_BUILT]);
    };
    let config = match load(path) {
        // What does not listen yet is of no concern here.
        Ok((config, _)) => config,
        Err(code) => return code,
    };
    let request = Request {
        file: &apply.file,
        prune: if apply.prune { Prune::Delete } else { Prune::Keep },
        mode: if apply.dry_run { Mode::DryRun } else { Mode::Change },
    };
    let streams = Streams { out: &mut io::stdout().lock(), err: &mut io::stderr().lock() };
    match commands::apply::run(&config, &request, clock::now(), streams) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ended_by(failure),
    }
}

fn export(export: &cli::Export) -> ExitCode {
    let config = match load(&export.config) {
        // What does not listen yet is of no concern here.
        Ok((config, _)) => config,
        Err(code) => return code,
    };
    let secrets = match export.secrets {
        cli::Secrets::Omitted => Secrets::Omit,
        cli::Secrets::Sealed => Secrets::Seal,
    };
    match commands::export::run(&config, secrets, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ended_by(failure),
    }
}

fn presign(presign: &cli::Presign) -> ExitCode {
    let gateway = match presign.config.as_deref().map(load).transpose() {
        // What its gateway would warn of is of no concern here.
        Ok(loaded) => loaded.map(|(config, _)| config),
        Err(code) => return code,
    };
    let variables = Variables::of_process();
    match commands::presign::url(presign, gateway.as_ref(), variables, clock::now()) {
        Ok(url) => ended(writeln!(io::stdout().lock(), "{url}")),
        Err(faults) => wrong(faults),
    }
}

fn policy(command: &cli::Policy) -> ExitCode {
    let config = match command.config().map(load).transpose() {
        // What its gateway would warn of is of no concern here.
        Ok(loaded) => loaded.map(|(config, _)| config),
        Err(code) => return code,
    };
    let out = &mut io::stdout().lock();
    match commands::policy::run(command, config.as_ref(), out) {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Differs) => ExitCode::FAILURE,
        Err(failure) => ended_by(failure),
    }
}

/// The configuration at `path` under the process's environment, and what to warn of. Faults are
/// printed.
fn load(path: &Path) -> Result<(Config, Vec<Fault>), ExitCode> {
    let Loaded { config, warnings } = Config::load(path, &Environment::of_process());
    match config {
        Ok(config) => Ok((config, warnings)),
        Err(faults) => {
            warn(&warnings);
            Err(wrong(faults))
        }
    }
}

fn warn(warnings: &[Fault]) {
    for warning in warnings {
        complain(&format_args!("warning: {warning}"));
    }
}

fn wrong<T: Display>(faults: impl IntoIterator<Item = T>) -> ExitCode {
    for fault in faults {
        complain(&fault);
    }
    ExitCode::from(WRONG)
}

fn ended_by(failure: Failure) -> ExitCode {
    match failure {
        Failure::Wrong(faults) => wrong(faults),
        Failure::Store(error) => failed(&error),
        Failure::Io(error) => failed(&error),
    }
}

fn ended<E: Error>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
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
