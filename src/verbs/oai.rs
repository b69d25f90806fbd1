//! `fonds oai`: what there is to know of OAI-PMH, ours and others'.

use serde_json::json;

use super::output::{Done, Output};
use super::show::printable;
use crate::config::Settings;
use crate::oai::selftest::{self, Judged, Verdict};

/// What is done.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Ask a repository whether it keeps the rules of OAI-PMH 2.0, and say so rule by rule
    Selftest(Selftest),
}

/// Which repository.
#[derive(Debug, clap::Args)]
struct Selftest {
    /// The base URL of any repository [default: that of the server that these settings are for]
    url: Option<String>,
}

/// Does it.
pub async fn run(settings: Settings, options: &Options, output: &Output) -> anyhow::Result<Done> {
    match &options.what {
        What::Selftest(options) => selftest(&settings, options, output).await,
    }
}

/// Where the server of these settings is asked, and what it may call itself.
fn own(settings: &Settings) -> (String, String) {
    let mut listen = settings.listen;
    if listen.ip().is_unspecified() {
        listen.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    (format!("http://{listen}/oai"), format!("{}/oai", settings.public_url().trim_end_matches('/')))
}

async fn selftest(settings: &Settings, options: &Selftest, output: &Output) -> anyhow::Result<Done> {
    let (own, public) = own(settings);
    let known_as = if options.url.is_none() { vec![public] } else { Vec::new() };
    let base = options.url.clone().unwrap_or(own);
    if !(base.starts_with("http://") || base.starts_with("https://")) {
        anyhow::bail!("{base:?} is no address of a repository: it begins with http:// or https://");
    }
    output.say(&base);
    let judged = selftest::run(&base, &known_as, |one| output.line(say(one), one)).await?;
    let count = |wanted: fn(&Verdict) -> bool| judged.iter().filter(|one| wanted(&one.verdict)).count();
    let broken = count(|verdict| matches!(verdict, Verdict::Broken(_)));
    let unseen = count(|verdict| matches!(verdict, Verdict::CannotTell(_)));
    let kept = judged.len() - broken - unseen;
    let text = format!("{kept} kept, {broken} broken, {unseen} could not be told");
    let summary = json!({ "ok": broken == 0, "base": base, "kept": kept, "broken": broken, "cannot_tell": unseen });
    output.summary(text, &summary);
    Ok(if broken == 0 { Done::Well } else { Done::Badly })
}

fn say(one: &Judged) -> String {
    let Judged { rule, says, verdict, asked, came } = one;
    // What others send must not move the cursor of who reads this.
    match verdict {
        Verdict::Ok => format!("ok           {rule:<22} {says}"),
        Verdict::Broken(why) => {
            let lines = [why.clone(), format!("asked {asked}"), format!("came  {came}")];
            let lines = lines.map(|line| format!("\n             {}", printable(&line)));
            format!("broken       {rule:<22} {says}{}", lines.concat())
        }
        Verdict::CannotTell(why) => format!("cannot tell  {rule:<22} {says}: {}", printable(why)),
    }
}
