#include "lib/io/store/open_store.hpp"

#include <utility>

#include "lib/io/lmdb/lmdb_store.hpp"
#include "lib/io/redis/redis_store.hpp"
#include "lib/io/wall_clock.hpp"

namespace postern::io {
namespace {

using Kind = store::Address::Kind;

Expected<OpenedStore, store::Failure> open_lmdb(const store::Settings& settings) {
  LmdbOptions options;
  options.file = settings.address.path;
  options.max_bytes = settings.max_size.bytes;
  auto opened = LmdbStore::open(options, wall_clock());
  if (!opened) return Unexpected<store::Failure>(opened.error());
  std::string note = (*opened)->note();
  return OpenedStore{std::move(*opened), std::move(note)};
}

OpenedStore open_redis(const store::Settings& settings) {
  RedisOptions options;
  options.server.host = settings.address.host;
  options.server.port = settings.address.port;
  options.server.path = settings.address.path;
  options.server.database = settings.address.database;
  options.server.tls = settings.address.kind == Kind::redis_tls;
  options.tls.ca_file = settings.ca_file;
  options.user = settings.user;
  options.password_file = settings.password_file;
  options.timeout = settings.timeout;
  return {std::make_unique<RedisStore>(std::move(options)), ""};
}

}  // namespace

Expected<OpenedStore, store::Failure> open_store(const store::Settings& settings) {
  if (settings.address.kind == Kind::lmdb) return open_lmdb(settings);
  return open_redis(settings);
}

}  // namespace postern::io
