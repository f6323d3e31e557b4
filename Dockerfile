# Fingerpost in a container: the trees in /trees, the record in /var/lib/fingerpost.
#
#   docker build -t fingerpost .
#   docker run --network host -v fingerpost:/var/lib/fingerpost -v "$PWD/trees:/trees:ro" fingerpost
#
# It listens on 127.0.0.1 until a way to sign in is set (docs/operating.md), hence --network host.

FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/fingerpost \
 && /opt/fingerpost/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY engine engine
COPY web web
COPY schemas schemas
# The builder comes hash-checked out of the lock, like everything else.
RUN /opt/fingerpost/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/fingerpost --create-home fingerpost
COPY --from=build /opt/fingerpost /opt/fingerpost
COPY trees /trees
ENV PATH=/opt/fingerpost/bin:$PATH \
    FINGERPOST_TREES=/trees \
    FINGERPOST_STORE=sqlite:////var/lib/fingerpost/record.db \
    FINGERPOST_LOG_FORMAT=json \
    FINGERPOST_CACHE=/var/lib/fingerpost/cache
WORKDIR /var/lib/fingerpost
VOLUME ["/var/lib/fingerpost", "/trees"]
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('FINGERPOST_PORT', '8000') + '/healthz', timeout=2)"]
ENTRYPOINT ["fingerpost"]
CMD ["serve"]
