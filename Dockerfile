# Not built in CI (no container engine there): kept small and read with care.
FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 APP_ENV=production INSTANCE_PATH=/data
RUN useradd --create-home --uid 10001 shop && install -d -o shop /data
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN python -m marketplace.translations
USER shop
EXPOSE 8000
HEALTHCHECK CMD python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"
CMD ["gunicorn", "--workers", "2", "--worker-class", "gthread", "--threads", "4", "--bind", "0.0.0.0:8000", "--no-control-socket", "--max-requests", "5000", "--max-requests-jitter", "500", "wsgi:app"]
