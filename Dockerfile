# For amd64 and arm64: `docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/speechstudio:VERSION --push .`
FROM python:3.13-slim-bookworm
# A worker that gets SIGTERM waits for its tasks without end; as for SIGQUIT, it waits for 15 seconds.
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR=/var/lib/speechstudio STATIC_ROOT=/app/collected ALIVE_FILE=/tmp/alive REMAP_SIGTERM=SIGQUIT PATH=/app/.venv/bin:$PATH
WORKDIR /app
# Readable by all, whatever the umask of the machine that builds is.
COPY --chmod=755 manage.py ./
COPY --chmod=755 speechstudio/bootstrap.py speechstudio/bootstrap.py
COPY --chmod=755 speechstudio/locks/production.txt speechstudio/locks/production.txt
RUN python3 speechstudio/bootstrap.py
COPY --chmod=755 . .
# Containers can't write here, and each machine has its own: styles are collected and modules are compiled now.
RUN VAR=/tmp/build python manage.py collect_styles && rm -r /tmp/build && python -m compileall -q endpoints speechstudio
RUN useradd --system --uid 10001 speechstudio && install -d -m 700 -o speechstudio /var/lib/speechstudio
USER speechstudio
VOLUME /var/lib/speechstudio
EXPOSE 8000
CMD ["gunicorn", "--config", "python:speechstudio.web", "--bind", "0.0.0.0:8000"]
