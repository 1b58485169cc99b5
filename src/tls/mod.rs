//! Certificates and keys in files: read with the configuration, and again when they change.

mod files;

use std::{fmt, sync::Arc, time::Duration};

use proxy::{Authorities, ClientTls, ServerTls, Untimely};
use tokio::{
    task::JoinError,
    time::{MissedTickBehavior, interval, sleep},
};

pub(crate) use self::files::{IdentityFiles, Named, TrustFiles, Unfit};
use self::files::{Shown, of_upstream, state, system};
use crate::clock;

/// TLS made of files.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    made: Arc<Made>,
    /// The state of the files that it was made of.
    seen: u64,
    /// Why our certificate was not valid when it was read.
    untimely: Option<Untimely>,
}

#[derive(Debug)]
enum Made {
    Listener(Arc<ServerTls>, IdentityFiles),
    /// With the authorities of the start, which stay when no file names any.
    Upstream(Arc<ClientTls>, TrustFiles, Authorities),
}

impl Watched {
    /// TLS for a listener.
    ///
    /// # Errors
    ///
    /// The files that do not do.
    pub(crate) fn listener(files: IdentityFiles) -> Result<(Arc<ServerTls>, Self), Vec<Unfit>> {
        // Before they are read: a change in between is seen as one.
        let seen = state(&files.files());
        let Shown { identity, untimely } = files.read()?;
        let tls = ServerTls::new(identity, clock::CLOCK);
        let tls = Arc::new(tls.map_err(|error| vec![files.certificate.unfit(&error)])?);
        let made = Arc::new(Made::Listener(Arc::clone(&tls), files));
        Ok((tls, Self { made, seen, untimely }))
    }

    /// TLS to the upstream on `host`.
    ///
    /// # Errors
    ///
    /// The files that do not do, or the host.
    pub(crate) fn upstream(
        host: &str,
        files: TrustFiles,
    ) -> Result<(Arc<ClientTls>, Self), Vec<Unfit>> {
        let seen = state(&files.files());
        let (trust, untimely) = files.read(system)?;
        let first = trust.authorities.clone();
        let tls = ClientTls::new(host, trust, clock::CLOCK);
        let tls = Arc::new(tls.map_err(|error| vec![of_upstream(&error)])?);
        let made = Arc::new(Made::Upstream(Arc::clone(&tls), files, first));
        Ok((tls, Self { made, seen, untimely }))
    }

    /// Makes it anew whenever its files have changed, for as long as the program runs. What does
    /// not do is warned of once and tried again, and what there was stays in use.
    pub(crate) async fn keep(self) {
        let Self { made, mut seen, untimely } = self;
        if made.files().is_empty() {
            return;
        }
        made.warn(untimely);
        let mut told: Vec<Unfit> = Vec::new();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            match made.look(seen).await {
                Look::Same => told.clear(),
                // Somebody is still writing.
                Look::Changing => {}
                Look::Renewed(now, untimely) => {
                    tracing::info!(of = %made.place(), "certificate reloaded");
                    made.warn(untimely);
                    seen = now;
                    told.clear();
                }
                Look::Refused(unfit) => {
                    for Unfit { key, reason } in unfit.iter().filter(|one| !told.contains(one)) {
                        tracing::warn!(%key, reason, "certificate not reloaded: the last one that was right stays");
                    }
                    told = unfit;
                }
                Look::Failed(error) => {
                    tracing::error!(of = %made.place(), %error, "certificate not looked at");
                }
                Look::Ended => return,
            }
        }
    }
}

/// What a look at the files has come to.
enum Look {
    /// They are as they were when they were last taken.
    Same,
    /// They change right now.
    Changing,
    /// They are taken; their state, and why they are not valid now.
    Renewed(u64, Option<Untimely>),
    /// They do not do.
    Refused(Vec<Unfit>),
    /// Looking itself failed.
    Failed(JoinError),
    /// The program ends.
    Ended,
}

impl From<JoinError> for Look {
    fn from(error: JoinError) -> Self {
        if error.is_cancelled() { Self::Ended } else { Self::Failed(error) }
    }
}

impl Made {
    /// Looks at the files, and takes them when they are not as they were `seen`.
    async fn look(self: &Arc<Self>, seen: u64) -> Look {
        self.try_look(seen).await.unwrap_or_else(Look::from)
    }

    async fn try_look(self: &Arc<Self>, seen: u64) -> Result<Look, JoinError> {
        let now = self.on_a_thread(Self::state).await?;
        if now == seen {
            return Ok(Look::Same);
        }
        sleep(SETTLE).await;
        if self.on_a_thread(Self::state).await? != now {
            return Ok(Look::Changing);
        }
        let renewed = self.on_a_thread(Self::renew).await?;
        Ok(renewed.map_or_else(Look::Refused, |untimely| Look::Renewed(now, untimely)))
    }

    fn state(&self) -> u64 {
        state(&self.files())
    }

    fn renew(&self) -> Result<Option<Untimely>, Vec<Unfit>> {
        match self {
            Self::Listener(tls, files) => {
                let Shown { identity, untimely } = files.read()?;
                let replaced = tls.replace(identity).map(|()| untimely);
                replaced.map_err(|error| vec![files.certificate.unfit(&error)])
            }
            Self::Upstream(tls, files, first) => {
                let (trust, untimely) = files.read(|| Ok(first.clone()))?;
                let replaced = tls.replace(trust).map(|()| untimely);
                replaced.map_err(|error| vec![of_upstream(&error)])
            }
        }
    }

    /// Warns of a certificate of ours that is not valid now.
    fn warn(&self, untimely: Option<Untimely>) {
        if let Some(why) = untimely {
            tracing::warn!(of = %self.place(), %why, "our certificate is not valid now");
        }
    }

    fn files(&self) -> Vec<&Named> {
        match self {
            Self::Listener(_, files) => files.files().to_vec(),
            Self::Upstream(_, files, _) => files.files(),
        }
    }

    fn place(&self) -> &'static str {
        match self {
            Self::Listener(..) => "tls",
            Self::Upstream(..) => "upstream",
        }
    }

    /// Does `work` where files may take their time.
    async fn on_a_thread<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let made = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&made)).await
    }
}

/// What it is made of.
impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match &*self.made {
            Made::Listener(_, files) => Some(files),
            Made::Upstream(_, files, _) => {
                match &files.authorities {
                    Some(file) => write!(f, "verified by {}", file.path.display())?,
                    None => f.write_str("verified by the authorities that this system trusts")?,
                }
                if files.identity.is_some() {
                    f.write_str(", ")?;
                }
                files.identity.as_ref()
            }
        };
        match shown {
            Some(files) => write!(f, "showing {}", files.certificate.path.display())?,
            None => return Ok(()),
        }
        match self.untimely {
            Some(why) => write!(f, " (not valid now: {why})"),
            None => Ok(()),
        }
    }
}

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long changed files have to stay as they are before they are believed.
const SETTLE: Duration = Duration::from_millis(100);
