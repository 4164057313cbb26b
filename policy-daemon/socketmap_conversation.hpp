// A connection of Postfix's smtp(8) that asks for TLS policies by socketmap.
#pragma once

#include <memory>

#include "lib/io/asio/stream_server.hpp"
#include "lib/io/fetcher/https_fetcher.hpp"
#include "lib/mta_sts/evaluate.hpp"
#include "lib/socketmap/message.hpp"
#include "lib/socketmap/netstring.hpp"
#include "policy-daemon/services.hpp"

namespace postern {

class SocketmapConversation final : public io::Conversation {
 public:
  static constexpr std::string_view map_name = "mta-sts";

  SocketmapConversation(Services& services, io::HttpsFetcher& fetcher, io::Stream& stream);

  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_late() override {}
  [[nodiscard]] bool is_busy() const override { return answering_; }

 private:
  void answer_next();
  void expect_more();
  void look_up(const std::string& nexthop);
  void on_outcome(const std::string& nexthop, const mta_sts::Outcome& outcome);
  void reply(const socketmap::Reply& reply);

  Services& services_;
  io::HttpsFetcher& fetcher_;
  io::Stream& stream_;
  socketmap::NetstringReader reader_{8192};
  bool answering_ = false;
  bool looking_ = false;         // within answer_next()
  bool within_request_ = false;  // its time is running
  bool ended_ = false;
  const std::shared_ptr<SocketmapConversation*> self_ =
      std::make_shared<SocketmapConversation*>(this);
};

}  // namespace postern
