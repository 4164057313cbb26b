#include "tests/unit/io/redis/redis_server.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace postern::test {
namespace {

using namespace std::chrono_literals;
using io::redis::Deadline;

std::string find_program() {
  for (const char* name : {"/usr/bin/redis-server", "/usr/bin/valkey-server"}) {
    if (::access(name, X_OK) == 0) return name;
  }
  return {};
}

}  // namespace

std::unique_ptr<RedisServer> RedisServer::start(const std::vector<std::string>& options) {
  std::unique_ptr<RedisServer> server(new RedisServer);
  server->program_ = find_program();
  if (server->program_.empty()) return nullptr;
  std::string pattern = (std::filesystem::temp_directory_path() / "postern-redis-XXXXXX").string();
  server->directory_ = ::mkdtemp(pattern.data());
  server->options_ = options;
  server->launch();
  return server;
}

void RedisServer::launch() {
  std::vector<std::string> words = {
      program_, "--port",   "0",          "--unixsocket", directory_ + "/socket", "--save", "",
      "--dir",  directory_, "--loglevel", "warning"};
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  // Not fork(): tests have threads.
  const std::string log = directory_ + "/log";
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  if (::posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
    pid_ = -1;
  }
  ::posix_spawn_file_actions_destroy(&actions);
  for (int i = 0; i < 1000; ++i) {
    const std::string answer = command({"PING"});
    if (answer == "PONG" || answer.starts_with("NOAUTH")) return;
    std::this_thread::sleep_for(5ms);
  }
}

RedisServer::~RedisServer() {
  kill();
  std::filesystem::remove_all(directory_);
}

void RedisServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::restart() {
  kill();
  launch();
}

void RedisServer::pause() {
  if (pid_ > 0) ::kill(pid_, SIGSTOP);
}
void RedisServer::resume() {
  if (pid_ > 0) ::kill(pid_, SIGCONT);
}

io::RedisOptions RedisServer::options() const {
  io::RedisOptions options;
  options.server.path = directory_ + "/socket";
  options.timeout = 5s;
  return options;
}

std::string RedisServer::command(const io::redis::Command& command) const {
  const Deadline deadline = Deadline::clock::now() + 2s;
  io::redis::Resolver resolver;
  const auto connection = io::redis::connect_to(options().server, {}, resolver, deadline);
  if (!connection) return "(" + connection.error() + ")";
  std::string octets;
  io::redis::append_command(octets, command);
  if (!(*connection)->send(octets, deadline)) return "(not sent)";
  io::redis::ReplyReader reader;
  while (true) {
    auto reply = reader.next();
    if (!reply) return "(no reply)";
    if (*reply) {
      return (*reply)->kind == io::redis::Reply::Kind::integer ? std::to_string((*reply)->integer)
                                                               : (*reply)->text;
    }
    const auto more = (*connection)->receive(deadline);
    if (!more || !reader.feed(*more)) return "(no reply)";
  }
}

}  // namespace postern::test
