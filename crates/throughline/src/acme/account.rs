//! Who we are to the authority: the stored account, or a new one.

use super::https::Https;
use super::order::fresh;
use super::store::Store;
use super::task::settle;
use super::trouble::Trouble;
use super::{Event, Installer};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use decide::config;
use instant_acme::{Account, ExternalAccountKey, NewAccount};
use std::sync::Arc;

/// The stored account, or a new one.
pub(super) async fn open(
    settings: &config::Acme,
    store: &Store,
    https: &Https,
    installer: &Arc<dyn Installer>,
) -> Result<Account, Trouble> {
    match stored(store, https, installer).await? {
        Some(account) => Ok(account),
        None => register(settings, store, https, installer).await,
    }
}

/// The stored account, if there is one.
pub(super) async fn stored(store: &Store, https: &Https, installer: &Arc<dyn Installer>) -> Result<Option<Account>, Trouble> {
    let credentials = settle(store.account(), installer).map_err(|trouble| Trouble { of_authority: true, ..trouble })?;
    let Some(credentials) = credentials else { return Ok(None) };
    let account = Account::builder_with_http(Box::new(https.clone())).from_credentials(credentials).await;
    account.map(Some).map_err(|error| Trouble::of("read the directory", &error))
}

/// Registers a new account and stores it, before anything is done with it.
async fn register(settings: &config::Acme, store: &Store, https: &Https, installer: &Arc<dyn Installer>) -> Result<Account, Trouble> {
    if !settings.terms_agreed {
        let why = "the authority's terms of service are not agreed to; read them, and say so in the settings".to_string();
        return Err(Trouble::ours(why));
    }
    let contacts: Vec<String> = settings.contacts.iter().map(|contact| format!("mailto:{contact}")).collect();
    let contacts: Vec<&str> = contacts.iter().map(String::as_str).collect();
    let external = settings.external_account.as_ref().map(external_account).transpose()?;
    let new = NewAccount { contact: &contacts, terms_of_service_agreed: true, only_return_existing: false };
    let create = async || {
        let builder = Account::builder_with_http(Box::new(https.clone()));
        builder.create(&new, settings.directory.clone(), external.as_ref()).await
    };
    let (account, credentials) = fresh(create).await.map_err(|error| {
        // Whatever is wrong with the account, orders for other names would meet it too.
        Trouble { of_authority: true, ..Trouble::of("register an account", &error) }
    })?;
    let stored = store.save_account(&credentials);
    stored.map_err(|error| Trouble::ours(format!("cannot store the new account {}: {error}", store.account_path().display())))?;
    installer.tell(Event::Registered { directory: settings.directory.clone(), account: account.id().to_string() });
    Ok(account)
}

fn external_account(settings: &config::ExternalAccount) -> Result<ExternalAccountKey, Trouble> {
    // Some authorities show it padded.
    let key = BASE64_URL_SAFE_NO_PAD.decode(settings.key.trim_end_matches('='));
    let key = key.map_err(|error| Trouble::ours(format!("the key of the external account is not base64url: {error}")))?;
    Ok(ExternalAccountKey::new(settings.key_id.clone(), &key))
}
