#include "ablate/blocks/plugin.hpp"

ablate::BlockType defined_nowhere();

ABLATE_REGISTER_BLOCK(defined_nowhere())
