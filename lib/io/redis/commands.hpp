// Operations as calls of the script, and its answers as results.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/io/redis/protocol.hpp"
#include "lib/store/store.hpp"

namespace postern::io::redis {

/// \param sha  Of the script, as the server named it.
/// \param prefix  Put before each key.
/// \return nullopt for what needs no server: a key that is not storable, or a value that is too
///         long. Its result is absent_result().
[[nodiscard]] std::optional<Command> command_of(const store::Operation& operation,
                                                const std::string& sha, std::string_view prefix,
                                                store::Time now);

/// The result where nothing is stored.
[[nodiscard]] store::Result absent_result(const store::Operation& operation, store::Time now);

struct Answer {
  store::Result result;
  bool foreign = false;  ///< There was something that is not ours.
};
/// nullopt when the reply is none that the script gives.
[[nodiscard]] std::optional<Answer> answer_of(const store::Operation& operation,
                                              const Reply& reply);

/// What an error reply means. \param server  For the text.
[[nodiscard]] store::Failure failure_of(const std::string& server, std::string_view error);

/// A MATCH pattern for all keys that begin with `prefix`.
[[nodiscard]] std::string pattern_of(std::string_view prefix);

}  // namespace postern::io::redis
