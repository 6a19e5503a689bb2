# syntax=docker/dockerfile:1
# One image for every role; NUMERAI_ROLE chooses which one a container plays.

FROM python:3.13-slim-trixie AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --require-hashes --requirement /tmp/requirements.txt

FROM python:3.13-slim-trixie
RUN useradd --system --uid 10001 --home-dir /srv/numerai --shell /usr/sbin/nologin numerai \
    && install -d -o numerai -g numerai /srv/numerai/var /srv/numerai/var/outbox /srv/numerai/var/tombstones
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    NUMERAI_ROLE=api \
    HOST=0.0.0.0 \
    PORT=8000
WORKDIR /srv/numerai
COPY --from=packages /opt/venv /opt/venv
COPY manage.py ./
COPY numerai numerai
COPY notifications notifications
COPY authentication authentication
COPY payments payments
COPY core core
COPY ops ops
USER 10001
# The files are the same in every container; the key is needed to import the settings, not to collect files.
RUN SECRET_KEY=only-for-collecting-static-files python manage.py collectstatic --no-input --verbosity 0 --skip-checks
EXPOSE 8000
# By a name that the server answers to. The worker and beat serve no port: their own signs of life are in /health;
# override the check there.
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as r; host = os.environ.get(\"ALLOWED_HOSTS\", \"\").split(\",\")[0].strip(\" .*\") or \"localhost\"; r.urlopen(r.Request(f\"http://127.0.0.1:{os.environ['PORT']}/health/live\", headers={\"Host\": host}), timeout=2)"]
ENTRYPOINT ["python", "manage.py"]
CMD ["serve"]
