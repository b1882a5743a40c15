# ablate in an image: docker build -t ablate . && docker run --rm -v "$PWD:/work" ablate run study.json --out run
#
# With CUDA: docker build --build-arg ABLATE_CUDA=ON -t ablate-cuda . && docker run --rm --gpus all … ; LibTorch's own
# CUDA libraries go into the image, the driver comes from the host.
FROM debian:bookworm-slim AS build
ARG ABLATE_CUDA=OFF
ENV ABLATE_CUDA=${ABLATE_CUDA} ABLATE_CACHE=/opt/libtorch DEBIAN_FRONTEND=noninteractive
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install -y --no-install-recommends \
      ca-certificates catch2 cmake g++ git libcli11-dev libfmt-dev ninja-build nlohmann-json3-dev python3 python3-pip && \
    rm -rf /var/lib/apt/lists/*
# LibTorch first, in a layer of its own: it is the same for every change of the source.
COPY scripts/lib /fetch/scripts/lib
RUN source /fetch/scripts/lib/setup.sh && fetch_torch "$(torch_kind)"
COPY . /source
WORKDIR /source
ARG ABLATE_REVISION=
RUN ABLATE_REVISION="${ABLATE_REVISION}" scripts/ablate --version && \
    cmake --install build/release --prefix /opt/ablate --strip

FROM debian:bookworm-slim
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install -y --no-install-recommends libfmt9 libstdc++6 && \
    rm -rf /var/lib/apt/lists/*
# The program looks for it in both places: where it was built with it, and beside itself.
COPY --from=build /opt/libtorch /opt/libtorch
COPY --from=build /opt/ablate /opt/ablate
ENV PATH=/opt/ablate/bin:$PATH
WORKDIR /work
ENTRYPOINT ["ablate"]
CMD ["--help"]
