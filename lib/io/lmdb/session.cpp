#include "lib/io/lmdb/session.hpp"

#include "lib/io/lmdb/failure.hpp"
#include "lib/store/value.hpp"

namespace postern::io::lmdb {
namespace {

using store::Failure;
using store::StoredValue;

constexpr std::string_view format_key = "format";
constexpr std::string_view our_format = "1";

enum class Format { ours, missing, newer, damaged };

Format read_format(Environment& environment) {
  const ReadTransaction transaction(environment);
  if (transaction.error() != 0) return Format::damaged;
  MDB_val name = value_of(format_key);
  MDB_val data{};
  const int error = mdb_get(transaction.get(), environment.about(), &name, &data);
  if (error == MDB_NOTFOUND) {
    return environment.item_count(transaction.get()) == 0 ? Format::missing : Format::damaged;
  }
  if (error != 0) return Format::damaged;
  const auto value = store::decode(format_key, view_of(data));
  if (!value) return Format::damaged;
  return value->payload == our_format ? Format::ours : Format::newer;
}

int write_format(const Environment& environment) {
  WriteTransaction transaction(environment);
  if (transaction.error() != 0) return transaction.error();
  StoredValue value;
  value.payload = our_format;
  const std::string octets = store::encode(format_key, value);
  MDB_val name = value_of(format_key);
  MDB_val data = value_of(octets);
  const int error = mdb_put(transaction.get(), environment.about(), &name, &data, 0);
  return error != 0 ? error : transaction.commit();
}

int begin_checkpoints(Session& session) {
  session.checkpointer = std::make_unique<Checkpointer>(session.file->checkpoints(),
                                                        *session.environment, session.data.get());
  const WriteTransaction writers(*session.environment);
  if (writers.error() != 0) return writers.error();
  return session.checkpointer->ensure(session.file->timeline());
}

// Opens with LMDB. `redo` becomes true when the file turned out to be damaged and was set aside.
Expected<void, Failure> open_with_lmdb(Session& session, std::size_t map_size, bool& redo) {
  StoreFile& file = *session.file;
  const std::string& path = file.path();
  session.environment = std::make_unique<Environment>();
  Environment& environment = *session.environment;
  if (const int error = environment.open(path, map_size)) return failure_of(path, error);
  const bool alone = file.is_alone();
  if (const int error = alone ? environment.create_databases() : environment.open_databases()) {
    return failure_of(path, error);
  }
  auto data = file.open_data();
  if (!data) return Unexpected<Failure>(data.error());
  session.data = std::move(*data);

  switch (read_format(environment)) {
    case Format::ours: break;
    case Format::missing:
      if (const int error = write_format(environment)) return failure_of(path, error);
      break;
    case Format::newer:
      return failure(Failure::Kind::unavailable, path,
                     "written by a later version of Postern; it is left alone. Install that "
                     "version, or move it away");
    case Format::damaged:
      session.environment.reset();
      if (!alone) return failure_of(path, MDB_CORRUPTED);
      redo = true;
      return file.set_aside("the format cannot be read");
  }
  if (const int error = begin_checkpoints(session)) return failure_of(path, error);
  if (const int error = environment.locate_map(format_key)) return failure_of(path, error);
  return {};
}

}  // namespace

void Session::close(const store::Timeline& timeline, bool sound) {
  if (checkpointer != nullptr) checkpointer->close(timeline, sound && file->become_alone());
}

Expected<std::unique_ptr<Session>, Failure> open_session(const std::string& file,
                                                         std::size_t map_size,
                                                         const HostClock& clock, store::Time now) {
  auto session = std::make_unique<Session>();
  auto opened = StoreFile::open(file, clock, now);
  if (!opened) return Unexpected<Failure>(opened.error());
  session->file = std::move(*opened);
  for (bool redo = true; redo;) {
    redo = false;
    if (const auto prepared = session->file->prepare(); !prepared) {
      return Unexpected<Failure>(prepared.error());
    }
    if (const auto done = open_with_lmdb(*session, map_size, redo); !done) {
      return Unexpected<Failure>(done.error());
    }
  }
  if (!session->file->share()) {
    return failure(Failure::Kind::unavailable, file, "its lock was lost");
  }
  return session;
}

}  // namespace postern::io::lmdb
