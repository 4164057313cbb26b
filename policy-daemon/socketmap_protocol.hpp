// What Postfix's smtp(8) asks: TLS policies by socketmap (socketmap_table(5)).
#pragma once

#include "lib/io/fetcher/https_fetcher.hpp"
#include "lib/socketmap/message.hpp"
#include "lib/socketmap/netstring.hpp"
#include "policy-daemon/dialogue.hpp"

namespace postern {

class SocketmapProtocol final : public Protocol {
 public:
  static constexpr std::string_view map_name = "mta-sts";

  SocketmapProtocol(Services& services, io::HttpsFetcher& fetcher)
      : services_(services), fetcher_(fetcher) {}

  void feed(std::string_view bytes) override { reader_.feed(bytes); }
  [[nodiscard]] bool answer_next(Answer answer) override;
  [[nodiscard]] bool has_failed() const override { return reader_.has_failed(); }
  [[nodiscard]] bool is_amid() const override { return reader_.is_amid(); }
  void complain(std::string_view) override {}

 private:
  void look_up(const std::string& nexthop, Answer answer);

  Services& services_;
  io::HttpsFetcher& fetcher_;
  socketmap::NetstringReader reader_{8192};
};

}  // namespace postern
