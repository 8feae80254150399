from flask import Blueprint
routes = Blueprint("api", __name__, url_prefix="/api/v1")
