"""People, their grants, sessions, sign-in tries and API tokens."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Base, enum_column
from marketplace.core.roles import Role, Scope


class User(Base):
    """A person. The phone (E.164) is the account; an e-mail address is optional."""

    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name="reachable"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str | None] = mapped_column(String(20), unique=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    locale: Mapped[str] = mapped_column(String(5), default="vi")
    #: Set while a password made by somebody else is in use: until it is changed every role but buyer rests.
    must_change_password: Mapped[bool] = mapped_column(default=False)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    #: The last TOTP time step that was accepted: a code works once.
    totp_last_step: Mapped[int | None]
    is_illustrative: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class Grant(Base):
    """A role held in a scope, from ``granted_at`` until ``revoked_at``."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint(
            "(role IN ('buyer','operator') AND unit_id IS NULL AND subject_id IS NULL)"
            " OR (role IN ('commune_officer','province_officer') AND unit_id IS NOT NULL AND subject_id IS NULL)"
            " OR (role IN ('producer_member','stall_vendor','market_manager')"
            " AND unit_id IS NULL AND subject_id IS NOT NULL)",
            name="shape",
        ),
        Index(None, "role", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("admin_unit.id"))
    #: Producer, stall or market, as the role says.
    subject_id: Mapped[int | None]
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(foreign_keys=[user_id])

    @property
    def scope(self) -> Scope:
        """The grant as a value for the rest of the house."""
        return Scope(role=self.role, unit_id=self.unit_id, subject_id=self.subject_id)


class UserSession(Base):
    """A signed-in browser. The cookie holds a random token, this row its SHA-256: deleting the row signs out."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    #: When a code of the second factor was shown; without it the roles that need one rest.
    second_factor_at: Mapped[datetime | None]
    user: Mapped[User] = relationship()


class SignInTry(Base):
    """One wrong try, counted per account name and per address; names are stored hashed."""

    __tablename__ = "sign_in_try"
    __table_args__ = (Index(None, "identifier_hash", "at"), Index(None, "address", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    identifier_hash: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime]


class ApiToken(Base):
    """A token for programs: shown once, stored as SHA-256, limited to ``scopes`` (blank-separated)."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    prefix: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship()
