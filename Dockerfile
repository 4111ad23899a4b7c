FROM python:3.13-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR=/var/lib/speechstudio PATH=/app/.venv/bin:$PATH
WORKDIR /app
COPY manage.py ./
COPY speechstudio/bootstrap.py speechstudio/bootstrap.py
COPY speechstudio/locks/production.txt speechstudio/locks/production.txt
RUN python3 -c "import runpy; runpy.run_path('speechstudio/bootstrap.py')['prepare']('production')"
COPY . .
RUN useradd --system --uid 10001 speechstudio && install -d -m 700 -o speechstudio /var/lib/speechstudio
USER speechstudio
VOLUME /var/lib/speechstudio
EXPOSE 8000
CMD ["gunicorn", "--config", "python:speechstudio.web", "--bind", "0.0.0.0:8000"]
