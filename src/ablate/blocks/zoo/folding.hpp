#pragma once

#include "ablate/blocks/block.hpp"

namespace ablate {

/// A block whose one change of form is that its batch norms are folded into the convolutions before them.
/// `Derived` has `options.folded()` and `fold()`, which folds all its chains. Its deploy form is its train
/// form: nothing is re-parameterised.
template <typename Derived>
class FoldingBlock : public BlockModule<Derived> {
 public:
  Form form() const final { return self().options.folded() ? Form::folded : Form::train; }

  void switch_to(Form wanted) final {
    if (form() == Form::folded && wanted == Form::train) check_forward(Derived::own_name, form(), wanted);
    if (form() == Form::folded || wanted < Form::folded) return;
    self().fold();
    self().options.folded(true);
  }

 private:
  Derived& self() { return static_cast<Derived&>(*this); }
  const Derived& self() const { return static_cast<const Derived&>(*this); }
};

}  // namespace ablate
