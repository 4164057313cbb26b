// noop-milter: a milter on libmilter that does nothing; the floor under every other milter.
#include <libmilter/mfapi.h>

#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

namespace {

// libmilter calls back without a context of ours before the negotiation, hence the one global.
bool reply_to_every_command = false;

constexpr unsigned long no_reply_flags = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL |
                                         SMFIP_NR_RCPT | SMFIP_NR_DATA | SMFIP_NR_UNKN |
                                         SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY;

/// With a no-reply flag the callback must return SMFIS_NOREPLY.
sfsistat go_on() {
  return reply_to_every_command ? SMFIS_CONTINUE : SMFIS_NOREPLY;
}

extern "C" {

sfsistat on_connect(SMFICTX*, char*, _SOCK_ADDR*) {
  return go_on();
}
sfsistat on_helo(SMFICTX*, char*) {
  return go_on();
}
sfsistat on_mail(SMFICTX*, char**) {
  return go_on();
}
sfsistat on_rcpt(SMFICTX*, char**) {
  return go_on();
}
sfsistat on_data(SMFICTX*) {
  return go_on();
}
sfsistat on_unknown(SMFICTX*, const char*) {
  return go_on();
}
sfsistat on_header(SMFICTX*, char*, char*) {
  return go_on();
}
sfsistat on_end_of_headers(SMFICTX*) {
  return go_on();
}
sfsistat on_body(SMFICTX*, unsigned char*, size_t) {
  return go_on();
}
sfsistat on_end_of_message(SMFICTX*) {
  return SMFIS_CONTINUE;
}
sfsistat on_abort(SMFICTX*) {
  return SMFIS_CONTINUE;
}
sfsistat on_close(SMFICTX*) {
  return SMFIS_CONTINUE;
}

// NOLINTNEXTLINE(readability-function-size): libmilter says which parameters
sfsistat on_negotiate(SMFICTX*, unsigned long actions, unsigned long steps, unsigned long,
                      unsigned long, unsigned long* wanted_actions, unsigned long* wanted_steps,
                      unsigned long* reserved0, unsigned long* reserved1) {
  *wanted_actions = actions;
  *wanted_steps = steps & (SMFIP_HDR_LEADSPC | (reply_to_every_command ? 0 : no_reply_flags));
  *reserved0 = 0;
  *reserved1 = 0;
  return SMFIS_CONTINUE;
}

}  // extern "C"

int serve(std::string socket) {
  std::string name = "noop-milter";
  smfiDesc description{name.data(),       SMFI_VERSION, SMFIF_ADDHDRS,     on_connect,
                       on_helo,           on_mail,      on_rcpt,           on_header,
                       on_end_of_headers, on_body,      on_end_of_message, on_abort,
                       on_close,          on_unknown,   on_data,           on_negotiate};
  constexpr int backlog = 128;
  if (smfi_setconn(socket.data()) != MI_SUCCESS || smfi_register(description) != MI_SUCCESS ||
      smfi_setbacklog(backlog) != MI_SUCCESS || smfi_opensocket(1) != MI_SUCCESS) {
    std::fprintf(stderr, "noop-milter: cannot listen on %s\n", socket.c_str());
    return 1;
  }
  return smfi_main() == MI_SUCCESS ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A milter that does nothing", "noop-milter"};
  std::string socket;
  app.add_option("--socket", socket, "Where to listen: inet:PORT@HOST or unix:PATH")->required();
  app.add_flag("--reply-all", reply_to_every_command,
               "Reply to every command instead of negotiating the no-reply flags");
  CLI11_PARSE(app, argc, argv);
  return serve(socket);
}
