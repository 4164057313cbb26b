// Libraries that open files by their full names, in a sandbox that lets a process open by itself
// only what it names from a directory on.
//
// Whatever links this has open64(3) and opendir(3) of this file in place of the C library's. What
// the C library opens on its own account still waits for the broker.
#pragma once

#include <string>

namespace postern::io {

/// From now on what any library opens below `directory`, an absolute path, is opened from `root`
/// on, an open descriptor of it. \see Sandboxed::opens_itself
void open_from(int root, const std::string& directory);

}  // namespace postern::io
