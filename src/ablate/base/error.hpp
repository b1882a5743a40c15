#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ablate {

/// Something the user can mend. Says where it stands, what stood there, and what may stand there; the command
/// line prints it as it is and exits with code 2. Faults of ours are other exceptions.
class UserError : public std::runtime_error {
 public:
  /// `next`, where it helps: what to do now, as "see: ablate list blocks" or "try: ablate init study.json".
  UserError(std::string_view where, std::string_view what, std::string_view allowed,
            std::string_view next = {})
      : std::runtime_error(std::string(where) + ": " + std::string(what) +
                           "; allowed: " + std::string(allowed)),
        next_(next) {}

  /// The same error, with the place of what it befell before it.
  UserError(std::string_view where, const UserError& inner)
      : std::runtime_error(std::string(where) + ": " + inner.what()), next_(inner.next_) {}

  const std::string& next() const { return next_; }

 private:
  std::string next_;
};

/// Throws UserError unless `holds`.
void require(bool holds, std::string_view where, std::int64_t value, std::string_view allowed);
void require(bool holds, std::string_view where, double value, std::string_view allowed);

}  // namespace ablate
