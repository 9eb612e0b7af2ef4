/** Switches between Korean and English, for guests. The label is in the other language, for whoever cannot read this one. */
import Button from '@mui/material/Button';
import { useTranslation } from 'react-i18next';
import { chooseLanguage } from '@/shared/i18n';

export function LanguageButton() {
  const { i18n } = useTranslation();
  const isKorean = i18n.resolvedLanguage === 'ko';
  return (
    <Button
      size="small"
      color="inherit"
      lang={isKorean ? 'en' : 'ko'}
      onClick={() => chooseLanguage(isKorean ? 'en' : 'ko')}
    >
      {isKorean ? 'English' : '한국어'}
    </Button>
  );
}
