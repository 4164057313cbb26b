#include "lib/io/redis/redis_store.hpp"

#include <algorithm>
#include <charconv>

#include "lib/base/ascii.hpp"
#include "lib/io/files/secret_text.hpp"
#include "lib/io/redis/commands.hpp"
#include "lib/io/redis/script.hpp"

namespace postern::io {
namespace {

using redis::Command;
using redis::Deadline;
using redis::Reply;
using store::Failure;
using store::Operation;
using store::Result;

constexpr std::size_t max_password_size = 4096;
constexpr std::string_view finished_cursor = "0";

Unexpected<Failure> fail(Failure failure) {
  return Unexpected<Failure>(std::move(failure));
}

// The number behind "NAME:" in an answer to INFO; 0 when it is not there.
std::uint64_t info_number(std::string_view info, std::string_view name) {
  const std::size_t at = info.find("\n" + std::string(name) + ":");
  if (at == info.npos) return 0;
  const std::string_view digits = info.substr(at + name.size() + 2);
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::optional<store::Item> item_of(const Reply& reply, std::string_view key, store::Time now) {
  const auto& parts = reply.elements;
  if (parts.size() != 4) return std::nullopt;
  std::int64_t left = 0;
  const std::string& digits = parts[3].text;
  std::from_chars(digits.data(), digits.data() + digits.size(), left);
  return store::Item{std::string(key), parts[2].text,
                     now + store::Lifetime(std::max<std::int64_t>(left, 0))};
}

}  // namespace

Unexpected<Failure> RedisStore::unavailable(const std::string& problem) const {
  return fail({Failure::Kind::unavailable, options_.server.text() + ": " + problem});
}

template <typename Body>
RedisStore::Task RedisStore::with_connection(const Body& body) {
  const Deadline deadline = Deadline::clock::now() + options_.timeout;
  const redis::Turn turn(turns_, deadline);
  if (!turn.came()) return unavailable("other calls are waiting for it");
  if (!breaker_.allows(Deadline::clock::now())) return unavailable(last_problem_);
  if (connection_ != nullptr && !connection_->is_idle()) connection_.reset();
  Task done = connection_ != nullptr ? Task() : connect(deadline);
  if (done) done = body(deadline);
  if (done) {
    breaker_.succeeded();
  } else if (done.error().kind != Failure::Kind::full) {
    connection_.reset();
    const std::size_t name = options_.server.text().size() + 2;
    last_problem_ = done.error().text.substr(std::min(name, done.error().text.size()));
    breaker_.failed(Deadline::clock::now());
  }
  return done;
}

RedisStore::Task RedisStore::connect(Deadline deadline) {
  auto connected = redis::connect_to(options_.server, options_.tls, resolver_, deadline);
  if (!connected) return unavailable(connected.error());
  connection_ = std::move(*connected);
  if (auto done = log_in(deadline); !done) return done;
  return load_script(deadline);
}

RedisStore::Task RedisStore::log_in(Deadline deadline) {
  std::vector<Command> commands;
  if (!options_.password_file.empty()) {
    const auto secret = read_secret_file(options_.password_file, max_password_size);
    if (!secret) return unavailable(secret.error());
    const std::string_view line = secret->view().substr(0, secret->view().find('\n'));
    Command& command = commands.emplace_back(Command{"AUTH"});
    if (!options_.user.empty()) command.push_back(options_.user);
    command.emplace_back(ascii::trim(line));
  }
  if (options_.server.database != 0) {
    commands.push_back({"SELECT", std::to_string(options_.server.database)});
  }
  if (commands.empty()) return {};
  const auto replies = exchange(commands, deadline);
  if (!replies) return fail(replies.error());
  for (const Reply& reply : *replies) {
    if (reply.is_error()) return fail(redis::failure_of(options_.server.text(), reply.text));
  }
  return {};
}

RedisStore::Task RedisStore::load_script(Deadline deadline) {
  const Command load{"SCRIPT", "LOAD", std::string(redis::script)};
  const auto replies = exchange({&load, 1}, deadline);
  if (!replies) return fail(replies.error());
  const Reply& reply = replies->front();
  if (reply.is_error()) return fail(redis::failure_of(options_.server.text(), reply.text));
  sha_ = reply.text;
  return {};
}

Expected<RedisStore::Replies, Failure> RedisStore::exchange(std::span<const Command> commands,
                                                            Deadline deadline) {
  std::string octets;
  for (const Command& command : commands) redis::append_command(octets, command);
  if (const auto sent = connection_->send(octets, deadline); !sent) {
    return unavailable(sent.error());
  }
  Replies replies;
  redis::ReplyReader reader;
  while (replies.size() < commands.size()) {
    auto next = reader.next();
    if (!next) return unavailable(next.error());
    std::optional<Reply>& reply = *next;
    if (reply) {
      replies.push_back(std::move(*reply));
      continue;
    }
    const auto more = connection_->receive(deadline);
    if (!more) return unavailable(more.error());
    if (const auto fed = reader.feed(*more); !fed) return unavailable(fed.error());
  }
  if (!reader.is_empty()) return unavailable("it answers more than it was asked");
  return replies;
}

Expected<std::vector<Result>, Failure> RedisStore::run(std::span<const Operation> operations,
                                                       store::Time now) {
  std::vector<Result> results;
  if (operations.empty()) return results;
  const Task done = with_connection(
      [&](Deadline deadline) { return run_once(operations, now, deadline, results); });
  if (!done) return fail(done.error());
  return results;
}

RedisStore::Task RedisStore::run_once(std::span<const Operation> operations, store::Time now,
                                      Deadline deadline, std::vector<Result>& results) {
  std::vector<Command> commands;
  std::vector<std::size_t> asked;  // the operation that each command is for
  results.resize(operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    auto command = redis::command_of(operations[i], sha_, options_.prefix, now);
    if (command) {
      commands.push_back(std::move(*command));
      asked.push_back(i);
    } else {
      results[i] = redis::absent_result(operations[i], now);
    }
  }
  if (commands.empty()) return {};
  auto replies = exchange(commands, deadline);
  if (!replies) return fail(replies.error());
  if (replies->front().is_error() && replies->front().text.starts_with("NOSCRIPT")) {
    // The server has forgotten all scripts, so none of the batch was done.
    if (auto loaded = load_script(deadline); !loaded) return loaded;
    replies = exchange(commands, deadline);
    if (!replies) return fail(replies.error());
  }
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const Reply& reply = (*replies)[i];
    if (reply.is_error()) return fail(redis::failure_of(options_.server.text(), reply.text));
    auto answer = redis::answer_of(operations[asked[i]], reply);
    if (!answer) return unavailable("an answer of the script is not understood");
    if (answer->foreign) ++unreadable_;
    results[asked[i]] = std::move(answer->result);
  }
  return {};
}

Expected<std::vector<store::Item>, Failure> RedisStore::scan(std::string_view prefix,
                                                             std::string& cursor, std::size_t limit,
                                                             store::Time now) {
  std::vector<store::Item> items;
  const auto body = [&](Deadline deadline) -> Task {
    const Command scan{"SCAN",  cursor.empty() ? std::string(finished_cursor) : cursor,
                       "MATCH", redis::pattern_of(options_.prefix + std::string(prefix)),
                       "COUNT", std::to_string(std::max<std::size_t>(limit, 1))};
    const auto found = exchange({&scan, 1}, deadline);
    if (!found) return fail(found.error());
    const Reply& reply = found->front();
    if (reply.is_error()) return fail(redis::failure_of(options_.server.text(), reply.text));
    if (reply.elements.size() != 2) return unavailable("its answer to SCAN is not understood");
    std::vector<Command> commands;
    for (const Reply& key : reply.elements[1].elements) {
      commands.push_back({"EVALSHA", sha_, "1", key.text, "item", "0"});
    }
    const auto values = exchange(commands, deadline);
    if (!values) return fail(values.error());
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const Reply& value = (*values)[i];
      if (value.is_error()) return fail(redis::failure_of(options_.server.text(), value.text));
      const std::string_view key = reply.elements[1].elements[i].text;
      if (key.size() <= options_.prefix.size()) continue;
      if (auto item = item_of(value, key.substr(options_.prefix.size()), now)) {
        items.push_back(std::move(*item));
      }
    }
    const std::string& next = reply.elements[0].text;
    cursor = next == finished_cursor ? std::string() : next;
    return {};
  };
  const Task done = with_connection(body);
  if (!done) return fail(done.error());
  return items;
}

Expected<std::size_t, Failure> RedisStore::sweep(std::size_t, store::Time) {
  return 0;
}

Expected<store::Statistics, Failure> RedisStore::statistics() {
  store::Statistics statistics;
  const auto body = [&](Deadline deadline) -> Task {
    const Command commands[] = {{"DBSIZE"}, {"INFO", "memory"}};
    const auto replies = exchange(commands, deadline);
    if (!replies) return fail(replies.error());
    for (const Reply& reply : *replies) {
      if (reply.is_error()) return fail(redis::failure_of(options_.server.text(), reply.text));
    }
    statistics.items = static_cast<std::uint64_t>((*replies)[0].integer);
    statistics.bytes = info_number((*replies)[1].text, "used_memory");
    statistics.max_bytes = info_number((*replies)[1].text, "maxmemory");
    return {};
  };
  const Task done = with_connection(body);
  if (!done) return fail(done.error());
  statistics.unreadable = unreadable_;
  return statistics;
}

}  // namespace postern::io
