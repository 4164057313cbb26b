"""main.cf and master.cf of the private Postfix instance."""

from . import programs

MYNETWORK = "127.0.0.8"  # the one client address that may relay
RECIPIENT_DOMAIN = "example.org"
HOSTNAME = "mx.example.org"
USERS = ("alice", "bob", "carol")
GHOST = "ghost"  # Postfix takes mail for it, Dovecot does not know it: delivery bounces

_MAIN = """\
compatibility_level = 3.6
queue_directory = {directory}/spool
data_directory = {directory}/lib
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
syslog_name = postfix
multi_instance_enable = no
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = {mynetwork}/32
myhostname = {hostname}
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
local_transport = error:no local mail in tests
default_transport = error:no outside mail in tests
relay_transport = error:no outside mail in tests
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = inline:{{ {mailboxes} }}
smtp_dns_support_level = disabled
smtp_host_lookup = native
biff = no
append_dot_mydomain = no
header_checks =
smtpd_tls_security_level = may
smtpd_tls_loglevel = 0
smtpd_delay_reject = yes
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
in_flow_delay = 0
smtpd_milters = {milter}
non_smtpd_milters = {milter}
milter_default_action = tempfail
milter_connect_timeout = 10s
milter_command_timeout = 20s
milter_content_timeout = 60s
internal_mail_filter_classes = bounce, notify
minimal_backoff_time = 5s
maximal_backoff_time = 10s
queue_run_delay = 5s
"""

_MASTER = """\
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_auth_only=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o milter_macro_daemon_name=ORIGINATING
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def _mailboxes(domain):
    return ", ".join(f"{user}@{domain}={user}/" for user in (*USERS, GHOST))


def _knows(parameter):
    """Whether this Postfix has the parameter."""
    try:
        return "unknown parameter" not in programs.run(["/usr/sbin/postconf", "-d", parameter])
    except RuntimeError:
        return False


def _delivery(postfix, options):
    """Where accepted mail goes: Dovecot by LMTP, or maildir files that are only counted."""
    if options.get("lmtp_port"):
        return {
            "virtual_transport": f"lmtp:inet:127.0.0.1:{options['lmtp_port']}",
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": f"inet:127.0.0.1:{options['sasl_port']}",
        }
    return {
        "virtual_transport": "virtual",
        "virtual_mailbox_base": str(postfix.directory / "sink"),
        "virtual_minimum_uid": "100",
        "virtual_uid_maps": "static:65534",
        "virtual_gid_maps": "static:65534",
    }


def main_cf(postfix, milter, options):
    """The text of main.cf; each parameter once, the last word wins."""
    text = _MAIN.format(
        directory=postfix.directory,
        mynetwork=MYNETWORK,
        hostname=HOSTNAME,
        domain=RECIPIENT_DOMAIN,
        mailboxes=_mailboxes(RECIPIENT_DOMAIN),
        milter=milter,
    )
    values = dict(line.split(" =", 1) for line in text.splitlines())
    values.update(_delivery(postfix, options))
    if options.get("certificate"):
        values["smtpd_tls_chain_files"] = ", ".join(str(path) for path in options["certificate"])
    if _knows("smtpd_forbid_bare_newline"):
        values["smtpd_forbid_bare_newline"] = "normalize"
    values.update(options.get("settings") or {})
    return "".join(
        f"{name} = {str(value).strip()}\n" for name, value in values.items() if value is not None
    )


def master_cf(postfix, options):
    text = _MASTER.format(smtp=postfix.smtp_port, submission=postfix.submission_port)
    if not options.get("sasl_port"):
        text = text.replace("smtpd_sasl_auth_enable=yes", "smtpd_sasl_auth_enable=no")
    return text
