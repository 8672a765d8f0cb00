import DefaultTheme from 'vitepress/theme';
import 'katex/dist/katex.min.css';
import './guide.css';
export default DefaultTheme;
