#include "ablate/blocks/plugin.hpp"

ABLATE_REGISTER_BLOCK(ablate::block_type("Chunk"))
